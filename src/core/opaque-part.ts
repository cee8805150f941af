// What an opaque part is. Its three kinds are told apart here alone: by the edge, which shows them, and by the providers, which send
// them back.

import type { OpaquePart } from './message.ts';

/** An opaque part, or the delta that brings one. */
export type OpaqueValue = Pick<OpaquePart, 'dialect' | 'value'>;

/** True for a value that is no content but fields of a chat completion's message: such have no `type`. */
export function isMessageFields({ dialect, value }: OpaqueValue): boolean {
  return dialect === 'openai' && value['type'] === undefined;
}

/** True for a value of the Responses API that is no content: an event that tells how far something is, or the head of a message. */
export function isProgress(part: OpaqueValue): boolean {
  return isProgressEvent(part) || isMessageHead(part);
}

/** True for what a stream of the Responses API tells beside its items. */
export function isProgressEvent({ dialect, value: { type } }: OpaqueValue): boolean {
  return dialect === 'openai-responses' && typeof type === 'string' && type.startsWith('response.');
}

/** True for the head of a message of the Responses API, whose content follows as parts of its own. */
export function isMessageHead({ dialect, value }: OpaqueValue): boolean {
  return dialect === 'openai-responses' && value['type'] === 'message' && value['content'] === undefined;
}

/** True for a value of the Responses API that belongs into the content of a message; one of any other type is an item of its own. */
export function isMessageContent({ dialect, value: { type } }: OpaqueValue): boolean {
  return dialect === 'openai-responses' && typeof type === 'string' && contentType.test(type);
}

const contentType: RegExp = /^(?:input_|output_|summary_|reasoning_text$|refusal$|text$|computer_screenshot$)/;
