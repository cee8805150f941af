// Citations in the form of the Responses API. Each vendor has its own; what its form says beyond OpenAI's fields stays beside
// them under its own name.

import { isJsonObject, type JsonObject, type JsonValue } from '../../../core/json.ts';

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
  const inner = value[type];
  const flat = isJsonObject(inner) ? { type, ...inner } : value;
  const isWhole = ownTypes[type]?.every((field) => Object.hasOwn(flat, field)) === true;
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
  const url = [fields['url'], fields['source'], fields['uri']].find((field) => typeof field === 'string');
  if (url === undefined) return { ...fields, ...fileCitation(fields, length), ...theirs };
  const title = typeof fields['title'] === 'string' ? fields['title'] : '';
  return { ...fields, type: 'url_citation', url, title, start_index: 0, end_index: length, ...theirs };
}

function fileCitation(fields: JsonObject, length: number): JsonObject {
  const { file_id: fileId, document_index: index, document_title: title } = fields;
  return {
    type: 'file_citation',
    file_id: typeof fileId === 'string' ? fileId : `document_${typeof index === 'number' ? index : 0}`,
    filename: typeof title === 'string' ? title : '',
    index: length,
  };
}
