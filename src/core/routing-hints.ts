// What a caller may say about which target of an alias is to answer, and its one form on every wire that has headers: HTTP and
// the metadata of gRPC. Where nothing is configured to listen, hints do nothing.

import { SluiceError } from './error.ts';

/** A caller's wishes. */
export interface RoutingHints {
  /** Names of canaries that are to answer where the alias has them; 1 to 8. */
  readonly canary?: readonly string[];
  /** Calls with the same key go to the same target while it is healthy, where the alias is sticky. */
  readonly conversation?: string;
}

/** Under which names they come. */
export const routingHeaders = { canary: 'x-sluice-canary', conversation: 'x-sluice-conversation' } as const;

/** What a canary may be called; the configuration has the same bound. */
export const canaryName: RegExp = /^[A-Za-z0-9][\w.-]{0,63}$/;

/** One call can hardly be on trial for more changes than this. */
const maxCanaries = 8;

/** An id or a hash of any client: printable ASCII without spaces, so that two headers that were joined are none. */
const conversationShape = /^[\x21-\x7e]{1,256}$/;

/** Values as headers hold them; several are as good as one with commas between. */
type HeaderValue = string | readonly string[] | undefined;

/** The hints of a call; undefined when there are none. Throws `invalid_request` that names the header, never its value. */
export function parseRoutingHints(canary: HeaderValue, conversation: HeaderValue): RoutingHints | undefined {
  if (canary === undefined && conversation === undefined) return undefined;
  return {
    ...(canary === undefined ? {} : { canary: parseCanaries(String(canary)) }),
    ...(conversation === undefined ? {} : { conversation: parseConversation(String(conversation)) }),
  };
}

function parseCanaries(written: string): string[] {
  // The longest list there can be, so that a split is of bounded size.
  const names = written.length > maxCanaries * 72 ? [] : written.split(',').map((name) => name.trim());
  const isGood = names.length > 0 && names.length <= maxCanaries && names.every((name) => canaryName.test(name));
  if (isGood) return names;
  throw new SluiceError('invalid_request', {
    message: `The header ${routingHeaders.canary} must be 1 to ${maxCanaries} names with commas between, each of at most 64 letters, digits, ".", "_" and "-".`,
    param: routingHeaders.canary,
  });
}

function parseConversation(written: string): string {
  if (conversationShape.test(written)) return written;
  throw new SluiceError('invalid_request', {
    message: `The header ${routingHeaders.conversation} must be 1 to 256 printable ASCII characters without spaces.`,
    param: routingHeaders.conversation,
  });
}
