// Fields that Anthropic has added to its answers over time and that its present clients rely on. An older model, another
// server of the dialect or another vendor leaves them out; each has a value that says nothing.

import { entryOf, isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';

/** Who called, where nothing else is said: the model. */
const direct: JsonObject = { caller: { type: 'direct' } };

const blockDefaults: Readonly<Record<string, JsonObject>> = {
  server_tool_use: direct,
  web_search_tool_result: direct,
  web_fetch_tool_result: direct,
};

const citationDefaults: Readonly<Record<string, JsonObject>> = {
  char_location: { document_title: null, file_id: null },
  page_location: { document_title: null, file_id: null },
  content_block_location: { document_title: null, file_id: null },
  web_search_result_location: { title: null },
  search_result_location: { title: null },
};

/** A block of Anthropic's without a form of ours, all there. */
export function completeBlock(block: JsonObject): JsonObject {
  return { ...entryOf(blockDefaults, String(block['type'])), ...block };
}

/** A citation, all there. */
export function completeCitation(citation: JsonValue): JsonValue {
  return isJsonObject(citation) ? { ...entryOf(citationDefaults, String(citation['type'])), ...citation } : citation;
}

/** The container of an answer; null where there is none. */
export function completeContainer(container: JsonValue | undefined): JsonValue {
  return isJsonObject(container) ? { skills: null, ...container } : null;
}

/** What an answer's usage says beside its counts, all there. */
export function completeUsageDetails(details: JsonObject): JsonObject {
  const { server_tool_use: uses } = details;
  if (!isJsonObject(uses)) return details;
  return { ...details, server_tool_use: { web_search_requests: 0, web_fetch_requests: 0, ...uses } };
}
