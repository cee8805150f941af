// Pictures that a model made, among the parts without an internal form: Gemini's, and those of OpenAI's image tool. Dialects
// that have a place for a picture show it there, with the rest of the part beside it, by which it goes back to its vendor whole.

import { isJsonObject, type JsonObject } from '../core/json.ts';
import type { OpaquePart } from '../core/message.ts';
import type { OpaqueValue } from '../core/opaque-part.ts';

/** A picture, and its part without it. */
export interface GeneratedPicture {
  readonly base64: string;
  readonly mediaType: string;
  readonly rest: { readonly dialect: OpaquePart['dialect']; readonly value: JsonObject };
}

/** The picture of a part; undefined for a part that is none, and for pictures among Gemini's thoughts, which are no answer. */
export function pictureOf({ dialect, value }: OpaqueValue): GeneratedPicture | undefined {
  if (dialect === 'vertex') return geminisPicture(value);
  if (dialect !== 'openai-responses' || value['type'] !== 'image_generation_call') return undefined;
  const { result, ...rest } = value;
  if (typeof result !== 'string' || result === '') return undefined;
  const format = typeof rest['output_format'] === 'string' ? rest['output_format'] : 'png';
  return { base64: result, mediaType: `image/${format}`, rest: { dialect, value: rest } };
}

function geminisPicture(value: JsonObject): GeneratedPicture | undefined {
  const { inlineData: inline } = value;
  if (!isJsonObject(inline) || value['thought'] === true) return undefined;
  const { data, ...fields } = inline;
  const mediaType = fields['mimeType'];
  if (typeof data !== 'string' || typeof mediaType !== 'string' || !mediaType.startsWith('image/')) return undefined;
  return { base64: data, mediaType, rest: { dialect: 'vertex', value: { ...value, inlineData: fields } } };
}

/** The part of which `rest` is all but the picture. */
export function withPicture({ dialect, value }: OpaqueValue, base64: string): OpaquePart {
  if (dialect !== 'vertex') return { type: 'opaque', dialect, value: { ...value, result: base64 } };
  const fields = isJsonObject(value['inlineData']) ? value['inlineData'] : {};
  return { type: 'opaque', dialect, value: { ...value, inlineData: { ...fields, data: base64 } } };
}
