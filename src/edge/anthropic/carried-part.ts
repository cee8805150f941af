// Parts that Anthropic's dialect has no block for (another vendor's server tools, generated pictures, signatures of thoughts).
// They travel in the one block whose contents are opaque by definition, valid for every client, and sent back unchanged with
// the next turn: `redacted_thinking`.

import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { Dialect, OpaquePart } from '../../core/message.ts';

/** What our data begins with; Anthropic's own is base64, which has no colon. */
const prefix = 'sluice:';

/** Dialects whose parts travel this way. */
const dialects: readonly Dialect[] = ['openai', 'openai-responses', 'vertex', 'sluice'];

/** The block that carries a part. */
export function carryPart({ dialect, value }: Pick<OpaquePart, 'dialect' | 'value'>): JsonObject {
  const data = Buffer.from(JSON.stringify({ dialect, value })).toString('base64');
  return { type: 'redacted_thinking', data: prefix + data };
}

/** The part in the data of a `redacted_thinking` block; undefined when the block is Anthropic's own. */
export function carriedPart(data: string): OpaquePart | undefined {
  if (!data.startsWith(prefix)) return undefined;
  const carried = parsed(Buffer.from(data.slice(prefix.length), 'base64').toString());
  if (!isJsonObject(carried) || !isJsonObject(carried['value'])) return undefined;
  const dialect = dialects.find((name) => name === carried['dialect']);
  return dialect === undefined ? undefined : { type: 'opaque', dialect, value: carried['value'] };
}

function parsed(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return null;
  }
}
