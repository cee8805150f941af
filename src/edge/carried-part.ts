// Parts of an answer that its caller's dialect has no form for (another vendor's server tools, the results of them). They travel
// in a field whose contents are opaque by definition, so that every client takes them and sends them back unread: `data` of
// Anthropic's `redacted_thinking`, `encrypted_content` of a reasoning item of the Responses API.

import { parseExactJson } from '../core/exact-json.ts';
import { isJsonObject, type JsonValue } from '../core/json.ts';
import type { Dialect, OpaquePart } from '../core/message.ts';
import type { OpaqueValue } from '../core/opaque-part.ts';

/** What our data begins with; Anthropic's and OpenAI's own is base64, which has no colon. */
const prefix = 'sluice:';

const dialects: readonly Dialect[] = ['openai', 'openai-responses', 'anthropic', 'vertex', 'sluice'];

/** A part as one text. */
export function sealPart({ dialect, value }: OpaqueValue): string {
  return prefix + Buffer.from(JSON.stringify({ dialect, value })).toString('base64');
}

/** True for such a text. */
export function isSealed(data: JsonValue): boolean {
  return typeof data === 'string' && data.startsWith(prefix);
}

/** The part in such a text; undefined when the text is a vendor's own. */
export function carriedPart(data: string): OpaquePart | undefined {
  if (!data.startsWith(prefix)) return undefined;
  return opaquePartOf(parsed(Buffer.from(data.slice(prefix.length), 'base64').toString()));
}

/** The part that `{dialect, value}` says; undefined for anything else. */
export function opaquePartOf(carried: JsonValue | undefined): OpaquePart | undefined {
  if (!isJsonObject(carried) || !isJsonObject(carried['value'])) return undefined;
  const dialect = dialects.find((name) => name === carried['dialect']);
  return dialect === undefined ? undefined : { type: 'opaque', dialect, value: carried['value'] };
}

function parsed(text: string): JsonValue {
  try {
    return parseExactJson(text);
  } catch {
    return null;
  }
}
