// `data:` URLs (RFC 2397), in which callers of OpenAI's dialects send pictures and files.

import { SluiceError } from '../../core/error.ts';
import type { MediaSource } from '../../core/message.ts';

/** Longest head of such a URL, which is its media type: the data behind it can be megabytes long, and only the head is searched. */
const maxHeadLength = 256;

/**
 * The data of a `data:` URL; undefined for what is none. The media type may have parameters, which are kept. Data that is not
 * base64 but text with escapes (`data:image/svg+xml,%3Csvg…`) is made base64, the only form that vendors take. Throws
 * `invalid_request` naming `param` for a `data:` URL that cannot be read.
 */
export function parseDataUrl(url: string, param: string): MediaSource | undefined {
  if (url.slice(0, 'data:'.length).toLowerCase() !== 'data:') return undefined;
  const comma = url.slice(0, maxHeadLength).indexOf(',');
  if (comma === -1) throw invalid(param, 'its media type must end with a comma');
  const head = url.slice('data:'.length, comma);
  const isBase64 = head.toLowerCase().endsWith(';base64');
  const mediaType = isBase64 ? head.slice(0, -';base64'.length) : head;
  const data = url.slice(comma + 1);
  return {
    kind: 'data',
    base64: isBase64 ? data : unescaped(data, param).toString('base64'),
    mediaType: mediaType === '' || mediaType.startsWith(';') ? `text/plain${mediaType}` : mediaType,
  };
}

/** The bytes of a text with escapes, each of which is one byte of any value. */
function unescaped(text: string, param: string): Buffer {
  const pieces = text.split('%');
  const bytes: Buffer[] = [Buffer.from(pieces[0] ?? '')];
  for (const piece of pieces.slice(1)) {
    if (!/^[0-9a-f]{2}/i.test(piece)) throw invalid(param, 'its data must be base64, or text with escapes such as %20');
    bytes.push(Buffer.from(piece.slice(0, 2), 'hex'), Buffer.from(piece.slice(2)));
  }
  return Buffer.concat(bytes);
}

function invalid(param: string, rule: string): SluiceError {
  return new SluiceError('invalid_request', { message: `Invalid data URL at '${param}': ${rule}.`, param });
}
