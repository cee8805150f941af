// A form with a file as multipart/form-data (RFC 7578), the only body that transcription endpoints take.

import { createHash } from 'node:crypto';

/** A file of a form. */
export interface FormFile {
  readonly field: string;
  readonly fileName: string;
  /** '' when unknown. */
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

/** A body and the content type that says how to read it. */
export interface Payload {
  readonly contentType: string;
  readonly body: Uint8Array;
}

/**
 * The form. The boundary is made from a hash of the file: it cannot occur in it, and the same form is always the same bytes.
 * Field values are sent as they are; names and file names are escaped as browsers escape them.
 */
export function multipartForm(fields: readonly (readonly [name: string, value: string])[], file: FormFile): Payload {
  const hash = createHash('sha256').update(file.bytes);
  for (const [name, value] of fields) hash.update(`${name}\n${value}\n`);
  const boundary = `sluice-${hash.digest('hex').slice(0, 40)}`;
  let head = '';
  for (const [name, value] of fields) {
    head += `--${boundary}\r\ncontent-disposition: form-data; name="${escaped(name)}"\r\n\r\n${value}\r\n`;
  }
  head += `--${boundary}\r\ncontent-disposition: form-data; name="${escaped(file.field)}"; filename="${escaped(file.fileName)}"\r\n`;
  head += `content-type: ${mediaTypeOf(file.mediaType)}\r\n\r\n`;
  const body = Buffer.concat([Buffer.from(head), file.bytes, Buffer.from(`\r\n--${boundary}--\r\n`)]);
  return { contentType: `multipart/form-data; boundary=${boundary}`, body };
}

/** The three characters that could end the name early. */
function escaped(name: string): string {
  return name.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

/** A caller's word for the type, when it is one: it becomes a header line. */
function mediaTypeOf(mediaType: string): string {
  return /^[\w.+-]+\/[\w.+-]+(?:; ?[\w.+-]+=[\w.+-]+)*$/.test(mediaType) ? mediaType : 'application/octet-stream';
}
