// An item whose making was cut off, in the words that OpenAI's document has for its type.

import { entryOf, type JsonObject, type JsonValue } from '../../../core/json.ts';

/** Words for an item that is still being made. */
const working: ReadonlySet<JsonValue | undefined> = new Set([
  'in_progress',
  'searching',
  'generating',
  'interpreting',
  'calling',
]);

/**
 * Types that cannot be `incomplete`. A patch can only be under way or completed, and half a patch must not look like one that is to
 * be applied: it stays as it was.
 */
const words: Readonly<Record<string, string>> = {
  web_search_call: 'failed',
  image_generation_call: 'failed',
  apply_patch_call: 'in_progress',
};

/** The item as it ends with an answer that failed or was cancelled; itself when it is whole. */
export function cutItem(item: JsonObject): JsonObject {
  if (!working.has(item['status'])) return item;
  return { ...item, status: entryOf(words, String(item['type'])) ?? 'incomplete' };
}
