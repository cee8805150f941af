// Citations in OpenAI's form, as the Responses API writes them. Each vendor has its own; what its form says beyond OpenAI's fields stays beside
// them under its own name.

import { type AnthropicCitationType, isAnthropicCitationType } from '../../core/anthropic-words.ts';
import { entryOf, isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';

/** The fields that OpenAI's own types must have. */
const ownTypes: Readonly<Record<string, readonly string[]>> = {
  file_citation: ['file_id', 'index', 'filename'],
  url_citation: ['url', 'start_index', 'end_index', 'title'],
  container_file_citation: ['container_id', 'file_id', 'start_index', 'end_index', 'filename'],
  file_path: ['file_id', 'index'],
};

/**
 * A citation that needs nothing but itself: OpenAI's own, and those of chat completions, whose fields are in an inner object.
 * undefined for those of other vendors, and for those without a place, which speak of the whole block.
 */
export function annotationOf(value: JsonValue): JsonObject | undefined {
  if (!isJsonObject(value) || typeof value['type'] !== 'string') return undefined;
  const { type } = value;
  const { [type]: inner, ...beside } = value;
  const flat = isJsonObject(inner) ? { ...beside, ...inner } : value;
  const isWhole = entryOf(ownTypes, type)?.every((field) => Object.hasOwn(flat, field)) === true;
  return isWhole ? flat : undefined;
}

/**
 * A citation of another vendor for a text of `length` UTF-16 units: of a page (`url` or `source`) a `url_citation` over the
 * whole text, of a document a `file_citation` at its end. The vendor's own type is in `provider_type`.
 */
export function blockAnnotationOf(value: JsonValue, length: number): JsonObject {
  if (!isJsonObject(value)) return { ...fileCitation({}, length), provider_value: value };
  const { type = null, ...fields } = value;
  const theirs = typeof type === 'string' && Object.hasOwn(ownTypes, type) ? {} : { provider_type: type };
  const url = urlOf(value);
  if (url === undefined) return { ...fields, ...fileCitation(fields, length), ...theirs };
  const title = typeof fields['title'] === 'string' ? fields['title'] : '';
  return { ...fields, type: 'url_citation', url, title, start_index: 0, end_index: length, ...theirs };
}

/** The address of the page that a citation of any vendor speaks of; undefined for one of a document. */
export function urlOf(value: JsonValue): string | undefined {
  if (!isJsonObject(value)) return undefined;
  return [value['url'], value['source'], value['uri']].find((field) => typeof field === 'string');
}

/** Anthropic's citations, by the fields that `blockAnnotationOf` adds to them. */
const addedFields: Readonly<Record<AnthropicCitationType, readonly string[]>> = {
  web_search_result_location: ['start_index', 'end_index'],
  search_result_location: ['start_index', 'end_index', 'url'],
  char_location: ['index', 'filename'],
  page_location: ['index', 'filename'],
  content_block_location: ['index', 'filename'],
};

/**
 * The reverse of `blockAnnotationOf` for a citation of Anthropic's, which goes back to its vendor as it was: a title or file that
 * had to be made up for OpenAI's form is null. Any other annotation is returned as it is.
 */
export function vendorAnnotationOf(annotation: JsonObject): JsonObject {
  const { provider_type: type, ...fields } = annotation;
  if (!isAnthropicCitationType(type)) return annotation;
  const added = addedFields[type];
  const theirs = Object.entries(fields).filter(([name]) => !added.includes(name));
  const citation: JsonObject = { ...Object.fromEntries(theirs), type };
  if (citation['title'] === '') citation['title'] = null;
  if (citation['file_id'] === madeUpFileId(citation)) citation['file_id'] = null;
  return citation;
}

function madeUpFileId({ document_index: index }: JsonObject): string {
  return `document_${typeof index === 'number' ? index : 0}`;
}

function fileCitation(fields: JsonObject, length: number): JsonObject {
  const { file_id: fileId, document_title: title } = fields;
  return {
    type: 'file_citation',
    file_id: typeof fileId === 'string' ? fileId : madeUpFileId(fields),
    filename: typeof title === 'string' ? title : '',
    index: length,
  };
}
