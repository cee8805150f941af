// Words of Anthropic's dialect that stand on both sides of us: the edge writes them for callers, the provider for the vendor.

/** The types of Anthropic's citations; annotations of other vendors have other types. */
export type AnthropicCitationType =
  | 'char_location'
  | 'page_location'
  | 'content_block_location'
  | 'web_search_result_location'
  | 'search_result_location';

const citationTypes: ReadonlySet<unknown> = new Set<AnthropicCitationType>([
  'char_location',
  'page_location',
  'content_block_location',
  'web_search_result_location',
  'search_result_location',
]);

/** True for the type of a citation of Anthropic's. */
export function isAnthropicCitationType(type: unknown): type is AnthropicCitationType {
  return citationTypes.has(type);
}

/**
 * The key under which arguments of a tool call stand that are no JSON object, as Anthropic's documentation of fine-grained tool
 * streaming advises: `{"INVALID_JSON": "…"}`.
 */
export const invalidArgumentsKey: string = 'INVALID_JSON';
