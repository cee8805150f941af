// From the parts of a message, or of a tool's result, to ours.

import { isJsonObject, type JsonObject } from '../../../core/json.ts';
import type { ContentPart, MediaSource } from '../../../core/message.ts';
import { unknownFields } from '../../unknown-fields.ts';
import { vendorAnnotationOf } from '../annotation.ts';
import { parseDataUrl } from '../data-url.ts';
import { invalid, missing, objectsAt, optionalTextAt, textAt } from './invalid.ts';

/** A text, or a list of parts. `field` is where it is in the item. */
export function parseContent(item: JsonObject, field: string, path: string): ContentPart[] {
  const value = item[field];
  if (typeof value === 'string') return [{ type: 'text', text: value }];
  if (value == null) throw missing(`${path}.${field}`);
  return objectsAt(item, field, path).map((part, index) => parsePart(part, `${path}.${field}[${index}]`));
}

/** One part. A type that is not known here is passed on as it came. */
function parsePart(part: JsonObject, path: string): ContentPart {
  switch (part['type']) {
    case 'input_text':
    case 'text':
      return { type: 'text', text: textAt(part, 'text', path), ...unknownFields(part, textFields) };
    case 'output_text':
      return parseOutputText(part, path);
    case 'refusal':
      return { type: 'refusal', text: textAt(part, 'refusal', path) };
    case 'input_image':
      return parseImage(part, path);
    case 'input_file':
      return parseFile(part, path);
    case 'input_audio':
      return parseAudio(part, path);
    default:
      if (typeof part['type'] !== 'string') throw missing(`${path}.type`);
      return { type: 'opaque', dialect: 'openai-responses', value: part };
  }
}

const textFields: ReadonlySet<string> = new Set(['type', 'text']);
/** `logprobs` came with the answer and `parsed` is added by OpenAI's client: they say nothing to a model. */
const outputTextFields: ReadonlySet<string> = new Set(['type', 'text', 'annotations', 'logprobs', 'parsed']);
const imageFields: ReadonlySet<string> = new Set(['type', 'image_url', 'file_id', 'detail']);
const fileFields: ReadonlySet<string> = new Set(['type', 'file_id', 'file_url', 'file_data', 'filename']);
const audioFields: ReadonlySet<string> = new Set(['type', 'input_audio']);

function parseOutputText(part: JsonObject, path: string): ContentPart {
  const annotations = objectsAt(part, 'annotations', path).map(vendorAnnotationOf);
  return {
    type: 'text',
    text: textAt(part, 'text', path),
    ...(annotations.length === 0 ? {} : { annotations }),
    ...unknownFields(part, outputTextFields),
  };
}

function parseImage(part: JsonObject, path: string): ContentPart {
  const fileId = optionalTextAt(part, 'file_id', path);
  const url = optionalTextAt(part, 'image_url', path);
  const detail = optionalTextAt(part, 'detail', path);
  if (fileId === undefined && url === undefined) throw invalid(path, "must have 'image_url' or 'file_id'");
  const source: MediaSource =
    fileId === undefined ? sourceOf(url ?? '', `${path}.image_url`) : { kind: 'file-id', fileId };
  return {
    type: 'image',
    source,
    ...(detail === undefined ? {} : { detail }),
    ...unknownFields(part, imageFields),
  };
}

function sourceOf(url: string, param: string): MediaSource {
  return parseDataUrl(url, param) ?? { kind: 'url', url };
}

function parseFile(part: JsonObject, path: string): ContentPart {
  const name = optionalTextAt(part, 'filename', path);
  return {
    type: 'file',
    source: fileSourceOf(part, path),
    ...(name === undefined ? {} : { name }),
    ...unknownFields(part, fileFields),
  };
}

function fileSourceOf(part: JsonObject, path: string): MediaSource {
  const fileId = optionalTextAt(part, 'file_id', path);
  const url = optionalTextAt(part, 'file_url', path);
  const data = optionalTextAt(part, 'file_data', path);
  const given = [fileId, url, data].filter((value) => value !== undefined);
  if (given.length !== 1) throw invalid(path, "must have one of 'file_id', 'file_url' and 'file_data'");
  if (fileId !== undefined) return { kind: 'file-id', fileId };
  if (url !== undefined) return { kind: 'url', url };
  // OpenAI's examples are data URLs; PDF is what it takes as plain base64 too.
  return (
    parseDataUrl(data ?? '', `${path}.file_data`) ?? { kind: 'data', base64: data ?? '', mediaType: 'application/pdf' }
  );
}

function parseAudio(part: JsonObject, path: string): ContentPart {
  const { input_audio: audio } = part;
  if (!isJsonObject(audio)) throw invalid(`${path}.input_audio`, 'must be an object');
  const base64 = textAt(audio, 'data', `${path}.input_audio`);
  const format = textAt(audio, 'format', `${path}.input_audio`);
  // RFC 3003 names the type of MP3; the other formats are their own subtypes.
  const mediaType = format === 'mp3' ? 'audio/mpeg' : `audio/${format}`;
  return { type: 'audio', source: { kind: 'data', base64, mediaType }, ...unknownFields(part, audioFields) };
}
