// From OpenAI's content parts to ours: text, pictures, sound, files, refusals. A part of an unknown type, or with fields
// below its first level that we have no name for, becomes an opaque part: it reaches OpenAI-compatible targets as it came.

import { SluiceError } from '../../core/error.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import type { ContentPart, MediaSource, OpaquePart } from '../../core/message.ts';
import { unknownFields } from '../unknown-fields.ts';
import type { WirePart } from './chat-body.ts';
import { parseDataUrl } from './data-url.ts';

/** Parses one part. `path` is where it is in the body, for the error. */
export function parseContentPart(part: WirePart, path: string): ContentPart {
  switch (part.type) {
    case 'text':
      return { type: 'text', text: textOf(part, 'text', path), ...unknownFields(part, textFields) };
    case 'refusal':
      return { type: 'refusal', text: textOf(part, 'refusal', path) };
    case 'image_url':
      return parseImage(part, path);
    case 'input_audio':
      return parseAudio(part, path);
    case 'file':
      return parseFile(part, path);
    default:
      return opaque(part);
  }
}

const textFields: ReadonlySet<string> = new Set(['type', 'text']);
const imageFields: ReadonlySet<string> = new Set(['type', 'image_url']);
const audioFields: ReadonlySet<string> = new Set(['type', 'input_audio']);
const fileFields: ReadonlySet<string> = new Set(['type', 'file']);
const innerImageFields: ReadonlySet<string> = new Set(['url', 'detail']);
const innerAudioFields: ReadonlySet<string> = new Set(['data', 'format']);
const innerFileFields: ReadonlySet<string> = new Set(['file_id', 'file_data', 'filename']);

/** Mistral's clients write the address alone, without an object around it. */
function parseImage(part: WirePart, path: string): ContentPart {
  const given = part['image_url'];
  const image = typeof given === 'string' ? { url: given } : objectOf(part, 'image_url', path);
  if (hasUnknown(image, innerImageFields)) return opaque(part);
  const url = textOf(image, 'url', `${path}.image_url`);
  const detail = optionalTextOf(image, 'detail', `${path}.image_url`);
  return {
    type: 'image',
    source: parseDataUrl(url, `${path}.image_url.url`) ?? { kind: 'url', url },
    ...(detail === undefined ? {} : { detail }),
    ...unknownFields(part, imageFields),
  };
}

function parseAudio(part: WirePart, path: string): ContentPart {
  const audio = objectOf(part, 'input_audio', path);
  if (hasUnknown(audio, innerAudioFields)) return opaque(part);
  const base64 = textOf(audio, 'data', `${path}.input_audio`);
  const format = textOf(audio, 'format', `${path}.input_audio`);
  // RFC 3003 names the type of MP3; the other formats are their own subtypes.
  const mediaType = format === 'mp3' ? 'audio/mpeg' : `audio/${format}`;
  return { type: 'audio', source: { kind: 'data', base64, mediaType }, ...unknownFields(part, audioFields) };
}

function parseFile(part: WirePart, path: string): ContentPart {
  const file = objectOf(part, 'file', path);
  if (hasUnknown(file, innerFileFields)) return opaque(part);
  const name = optionalTextOf(file, 'filename', `${path}.file`);
  return {
    type: 'file',
    source: parseFileSource(file, `${path}.file`),
    ...(name === undefined ? {} : { name }),
    ...unknownFields(part, fileFields),
  };
}

function parseFileSource(file: JsonObject, path: string): MediaSource {
  const fileId = optionalTextOf(file, 'file_id', path);
  const data = optionalTextOf(file, 'file_data', path);
  if (fileId !== undefined && data !== undefined) {
    throw invalid(path, "must have 'file_id' or 'file_data', not both");
  }
  if (fileId !== undefined) return { kind: 'file-id', fileId };
  if (data === undefined) throw invalid(path, "must have 'file_id' or 'file_data'");
  // OpenAI's reference says base64, its examples are data URLs; PDF is what it takes in either form.
  return parseDataUrl(data, `${path}.file_data`) ?? { kind: 'data', base64: data, mediaType: 'application/pdf' };
}

function opaque(part: WirePart): OpaquePart {
  return { type: 'opaque', dialect: 'openai', value: part };
}

function hasUnknown(inner: JsonObject, known: ReadonlySet<string>): boolean {
  for (const field in inner) if (!known.has(field)) return true;
  return false;
}

function objectOf(part: JsonObject, field: string, path: string): JsonObject {
  const value = part[field];
  if (isJsonObject(value)) return value;
  throw invalid(`${path}.${field}`, 'must be an object');
}

function textOf(part: JsonObject, field: string, path: string): string {
  const value = part[field];
  if (typeof value === 'string') return value;
  throw invalid(`${path}.${field}`, 'must be a string');
}

function optionalTextOf(part: JsonObject, field: string, path: string): string | undefined {
  return part[field] == null ? undefined : textOf(part, field, path);
}

function invalid(param: string, rule: string): SluiceError {
  return new SluiceError('invalid_request', { message: `Invalid value for '${param}': it ${rule}.`, param });
}
