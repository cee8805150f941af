// Reads a form (multipart/form-data, RFC 7578) out of the bytes of a body that has arrived whole: its size is bounded already,
// here the number and size of its fields are.

import { Busboy, type BusboyFileStream } from '@fastify/busboy';
import { SluiceError } from '../core/error.ts';

/** A field with a text. Names can repeat. */
export interface FormField {
  readonly name: string;
  readonly value: string;
}

/** An uploaded file. */
export interface FormFile {
  readonly name: string;
  /** As sent, without folders; '' when it has none. */
  readonly fileName: string;
  /** `application/octet-stream` when it was sent without one. */
  readonly mediaType: string;
  readonly bytes: Buffer;
}

/** A form, in the order in which it was sent. */
export interface Form {
  readonly fields: readonly FormField[];
  readonly files: readonly FormFile[];
}

/** More than these is `invalid_request`. */
export interface FormLimits {
  readonly maxFields: number;
  readonly maxFieldBytes: number;
  readonly maxFiles: number;
}

/** Longest name of a field: `chunking_strategy[prefix_padding_ms]` is among the longest in use. */
const maxNameBytes = 200;

/** Headers of one part: disposition and type, and room for what proxies add. */
const maxHeaderPairs = 16;

/** Resolves with the form. Rejects with `invalid_request` for bytes that are not one, or are cut off, or exceed a limit. */
export function parseMultipart(body: Buffer, contentType: string, limits: FormLimits): Promise<Form> {
  const { promise, resolve, reject } = Promise.withResolvers<Form>();
  const fields: FormField[] = [];
  const files: FormFile[] = [];
  const refuse = (message: string, param?: string): void => {
    reject(new SluiceError('invalid_request', { message, ...(param === undefined ? {} : { param }) }));
  };
  const parser = openParser(contentType, limits);
  const isNamed = (name: string | undefined): name is string => {
    if (name !== undefined && Buffer.byteLength(name) <= maxNameBytes) return true;
    refuse(`A part of the form has no name, or one of more than ${maxNameBytes} bytes.`);
    return false;
  };
  parser.on('field', (name: string | undefined, value, _isNameCut, isValueCut) => {
    if (!isNamed(name)) return;
    if (isValueCut) refuse(`The field '${name}' is longer than ${limits.maxFieldBytes} bytes.`, name);
    else fields.push({ name, value });
  });
  parser.on('file', (name: string | undefined, stream, fileName: string | undefined, _encoding, mediaType) => {
    collect(stream, refuse, (bytes) => {
      if (isNamed(name)) files.push({ name, fileName: fileName ?? '', mediaType, bytes });
    });
  });
  parser.on('fieldsLimit', () => refuse(`The form has more than ${limits.maxFields} fields.`));
  parser.on('filesLimit', () => refuse(`The form has more than ${limits.maxFiles} files.`));
  parser.on('partsLimit', () => refuse(`The form has more than ${partsOf(limits)} parts.`));
  parser.on('error', () => refuse(malformed));
  parser.on('finish', () => resolve({ fields, files }));
  parser.end(body);
  return promise;
}

const malformed = 'The body is not a form in multipart/form-data, or it is cut off.';

function openParser(contentType: string, limits: FormLimits): InstanceType<typeof Busboy> {
  try {
    return new Busboy({
      headers: { 'content-type': contentType },
      limits: {
        fields: limits.maxFields,
        fieldSize: limits.maxFieldBytes,
        files: limits.maxFiles,
        parts: partsOf(limits),
        headerPairs: maxHeaderPairs,
      },
    });
  } catch {
    throw new SluiceError('invalid_request', { message: 'The content type of the form names no boundary.' });
  }
}

/** Parts that are neither field nor file are passed over, but counted. One more, so that a field too many is told as one. */
function partsOf({ maxFields, maxFiles }: FormLimits): number {
  return maxFields + maxFiles + 1;
}

/** The pieces are views of the body, so that a file is copied once. */
function collect(stream: BusboyFileStream, refuse: (message: string) => void, done: (bytes: Buffer) => void): void {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  stream.on('error', () => refuse(malformed));
  stream.on('end', () => done(Buffer.concat(chunks)));
}
