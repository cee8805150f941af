// Pictures, sound and files as Google's `inlineData` and `fileData`.

import { entryOf, type JsonObject } from '../../core/json.ts';
import type { AudioPart, FilePart, ImagePart } from '../../core/message.ts';
import { set, type TurnPlace, unsupported } from '../translation/request-translation.ts';
import type { Translation } from './translation.ts';

/**
 * Data goes inline. An address goes as `fileUri`: `gs://…`, a file of the Gemini API, YouTube or any web address; Google
 * fetches it itself. An id is an address when it is one, or `files/…` of the Gemini API. `detail` of a picture has no field
 * that older models know, and is reported, as is a media type that had to be guessed.
 */
export function mediaToWire(
  part: ImagePart | AudioPart | FilePart,
  place: TurnPlace,
  translation: Translation,
): JsonObject {
  const wire: JsonObject = {};
  const { source } = part;
  if (source.kind === 'data') {
    const data: JsonObject = { mimeType: mediaTypeOf(source.mediaType), data: source.base64 };
    if (part.type === 'file') set(data, 'displayName', displayName(part, translation));
    wire['inlineData'] = data;
  } else {
    const fileUri = source.kind === 'url' ? source.url : uriOfId(source.fileId, place.path, translation);
    const known = source.kind === 'url' && source.mediaType !== undefined ? source.mediaType : undefined;
    const file: JsonObject = { fileUri };
    set(file, 'mimeType', known ?? typeOfAddress(fileUri) ?? guessedType(part.type, translation));
    wire['fileData'] = file;
    if (part.type === 'file' && part.name !== undefined) translation.downgrade('filename');
  }
  if (part.type === 'image' && part.detail !== undefined && part.detail !== 'auto') translation.downgrade('detail');
  translation.addTurnExtra(wire, part.extra, place);
  return wire;
}

/** Only Vertex takes a name beside data. */
function displayName(part: FilePart, translation: Translation): string | undefined {
  if (translation.api === 'vertex') return part.name;
  if (part.name !== undefined) translation.downgrade('filename');
  return undefined;
}

/** Parameters such as `;codecs=opus` are refused by Google. */
function mediaTypeOf(mediaType: string): string {
  return mediaType.replace(/;.*$/s, '').trim();
}

function uriOfId(fileId: string, path: string, translation: Translation): string {
  if (/^(?:gs|https):\/\//.test(fileId)) return fileId;
  if (/^files\/[\w-]+$/.test(fileId) && translation.api === 'gemini') {
    return `https://generativelanguage.googleapis.com/v1beta/${fileId}`;
  }
  throw unsupported('a file id of another vendor', path);
}

/** Vertex wants a media type with every address; the ending tells it. */
function typeOfAddress(uri: string): string | undefined {
  const ending = /\.(\w{2,5})(?:[?#].*)?$/.exec(uri)?.[1]?.toLowerCase();
  const known = entryOf(typesByEnding, ending);
  if (known !== undefined) return known;
  return /^https:\/\/(?:www\.)?(?:youtube\.com|youtu\.be)\//.test(uri) ? 'video/mp4' : undefined;
}

/** Where nothing tells it, the usual one of the kind is a guess, and reported; files of any other kind have none. */
function guessedType(kind: 'image' | 'audio' | 'file', translation: Translation): string | undefined {
  if (kind === 'file') return undefined;
  translation.downgrade(`${kind}.mime_type`);
  return kind === 'image' ? 'image/jpeg' : 'audio/mpeg';
}

/** What Gemini reads, by the usual endings. */
const typesByEnding: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  webp: 'image/webp',
  gif: 'image/gif',
  heic: 'image/heic',
  heif: 'image/heif',
  mp3: 'audio/mpeg',
  wav: 'audio/wav',
  flac: 'audio/flac',
  ogg: 'audio/ogg',
  m4a: 'audio/mp4',
  aac: 'audio/aac',
  mp4: 'video/mp4',
  mov: 'video/quicktime',
  webm: 'video/webm',
  mpeg: 'video/mpeg',
  pdf: 'application/pdf',
  txt: 'text/plain',
  md: 'text/markdown',
  html: 'text/html',
  csv: 'text/csv',
  json: 'application/json',
};
