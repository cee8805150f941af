// One interaction as a line of a recording, in the form in which recorded interactions are replayed: bodies as text, or in base64
// where they are not text.

import {
  type HeaderMap,
  redactBody,
  redactRequestHeaders,
  redactResponseHeaders,
  redactUrl,
  secretsOf,
} from './redact.ts';
import type { Piece, Tape } from './tape.ts';

/** How the answer ended: well, by the vendor's hand, or because the client left. */
export type Ending = 'end' | 'cut' | 'client-left';

/** What happened. */
export interface Interaction {
  readonly method: string;
  /** The whole address at the vendor. */
  readonly url: string;
  readonly requestHeaders: HeaderMap;
  readonly request: Tape;
  readonly status: number;
  readonly responseHeaders: HeaderMap;
  readonly response: Tape;
  readonly ended: Ending;
}

/** A line of a recording. */
export interface RecordedRow {
  readonly repo: 'recorded';
  readonly path: string;
  readonly index: number;
  readonly host: string;
  readonly method: string;
  readonly url: string;
  readonly status: number;
  readonly stream: boolean;
  readonly req_headers: Readonly<Record<string, string>>;
  readonly req_body?: string;
  readonly res_headers: Readonly<Record<string, string>>;
  readonly content_type: string;
  readonly body?: string;
  readonly body_b64?: string;
  /** Bytes and milliseconds of each piece of the body. */
  readonly pieces: readonly Piece[];
  readonly ended: Ending;
  /** Absent when everything was kept: how many bytes the bodies really had. */
  readonly kept_part_of?: { readonly req_bytes: number; readonly res_bytes: number };
}

/** A line, and what was taken out of it. */
export interface RedactedInteraction {
  readonly row: RecordedRow;
  /** Names of headers that were left out, `value in the request body`, …: each once. */
  readonly removed: readonly string[];
}

/** The line of an interaction, fit to be published. */
export function toRow(interaction: Interaction, index: number): RedactedInteraction {
  const { method, url, request, response, status, ended } = interaction;
  const secrets = [...secretsOf(interaction.requestHeaders, url), ...secretsOf(interaction.responseHeaders, url)];
  const sent = redactRequestHeaders(interaction.requestHeaders);
  const got = redactResponseHeaders(interaction.responseHeaders);
  const asked = redactBody(request.bytes(), secrets);
  const answered = redactBody(response.bytes(), secrets);
  const safeUrl = redactBody(Buffer.from(redactUrl(url)), secrets).body.toString();
  const { host, pathname } = new URL(safeUrl);
  const contentType = got.kept['content-type'] ?? '';
  const isWhole = request.isWhole && response.isWhole;
  const row: RecordedRow = {
    repo: 'recorded',
    path: pathname,
    index,
    host,
    method,
    url: safeUrl,
    status,
    stream: /^(?:text\/event-stream|application\/(?:x-ndjson|vnd\.amazon\.eventstream))/.test(contentType),
    req_headers: sent.kept,
    ...textOf(asked.body, 'req_body', 'req_body'),
    res_headers: got.kept,
    content_type: contentType,
    ...textOf(answered.body, 'body', 'body_b64'),
    pieces: response.pieces,
    ended,
    ...(isWhole ? {} : { kept_part_of: { req_bytes: request.totalBytes, res_bytes: response.totalBytes } }),
  };
  const removed = [
    ...sent.removed.map((name) => `request header ${name}`),
    ...got.removed.map((name) => `response header ${name}`),
    ...(safeUrl === url ? [] : ['values in the address']),
    ...(asked.found === 0 ? [] : ['values in the request body']),
    ...(answered.found === 0 ? [] : ['values in the response body']),
  ];
  return { row, removed };
}

/** Text under one name; what is not UTF-8 in base64 under the other. A body cut within a character keeps its bytes that way. */
function textOf(bytes: Buffer, name: string, nameInBase64: string): Record<string, string> {
  if (bytes.length === 0) return name === 'body' ? { body: '' } : {};
  const text = bytes.toString();
  if (Buffer.from(text).equals(bytes)) return { [name]: text };
  return name === nameInBase64 ? {} : { [nameInBase64]: bytes.toString('base64') };
}
