// Writes answers that are not streams: whole bodies and errors. An error that comes before the request's body was read must
// not make us read all of it, nor be lost in a reset connection.

import type { SluiceError } from '../core/error.ts';
import type { Timer } from '../ports/clock.ts';
import { type EdgeCall, ignoreAbort } from './call.ts';
import { inCallersPlaces } from './caller-place.ts';
import { defaultRetryAfterMs, lingerBytes, lingerMs, maxDiscardBytes, wholeAnswerSliceBytes } from './defaults.ts';
import type { WholeAnswer } from './dialect.ts';

/** Writes a whole answer. Does nothing when the response was begun or the client is gone. */
export function writeAnswer(call: EdgeCall, answer: WholeAnswer): void {
  if (answer.answered !== undefined) call.answered = answer.answered;
  const headers = call.responseHeaders();
  headers['content-type'] = answer.contentType ?? 'application/json; charset=utf-8';
  if (answer.headers !== undefined) Object.assign(headers, answer.headers);
  writeBody(call, answer.status ?? 200, headers, answer.body);
}

/** Writes an error in the call's dialect. Does nothing when the response was begun or the client is gone. */
export function failCall(call: EdgeCall, thrown: SluiceError): void {
  if (call.state !== 'waiting' || call.response.destroyed) return;
  const error = call.findPlace === undefined ? thrown : inCallersPlaces(thrown, call.findPlace);
  call.failure ??= error;
  const rendered = call.errorStyle.renderError(error, call.requestId);
  const headers = { ...call.responseHeaders(), 'content-type': 'application/json; charset=utf-8', ...rendered.headers };
  // The body's code can be the vendor's own: this header always says the reason of the catalogue.
  Object.assign(headers, retryHeaders(error), { 'x-sluice-error-reason': error.reason });
  if (rendered.status === 401) Object.assign(headers, { 'www-authenticate': 'Bearer' });
  if (rendered.status === 405 && call.allow !== undefined) Object.assign(headers, { allow: call.allow });
  if (leavesBodyUnread(call)) {
    Object.assign(headers, { connection: 'close' });
    writeAndLinger(call, rendered.status, headers, rendered.body);
  } else {
    if (mustClose.has(error.reason)) Object.assign(headers, { connection: 'close' });
    writeBody(call, rendered.status, headers, rendered.body);
  }
}

/**
 * Whether and when to try again, in the three forms that clients obey: the standard header in whole seconds, OpenAI's in
 * milliseconds, and a plain yes or no.
 */
export function retryHeaders(error: SluiceError): Record<string, string> {
  const headers: Record<string, string> = { 'x-should-retry': String(error.retryable) };
  const isLoad = error.retryable && (error.httpStatus === 429 || error.httpStatus === 503);
  // Advice of ours is for our own load: how long a vendor's lasts, only the vendor can say.
  const isOurs = error.upstream === undefined;
  const waitMs = error.retryAfterMs ?? (isLoad && isOurs ? defaultRetryAfterMs : undefined);
  if (waitMs !== undefined) {
    headers['retry-after'] = String(Math.ceil(waitMs / 1000));
    headers['retry-after-ms'] = String(Math.ceil(waitMs));
  }
  return headers;
}

/** After these nobody knows where the next request on the connection would begin. */
const mustClose: ReadonlySet<string> = new Set(['malformed_http', 'request_timeout', 'headers_too_large']);

type Headers = Record<string, string | number>;

function writeBody(call: EdgeCall, status: number, headers: Headers, body: string | Uint8Array): void {
  const { response } = call;
  if (call.state !== 'waiting' || response.destroyed) return;
  call.state = 'answering';
  call.onAbort = ignoreAbort;
  const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
  headers['content-length'] = length;
  response.writeHead(status, headers);
  if (length > wholeAnswerSliceBytes) writeSlices(call, typeof body === 'string' ? Buffer.from(body) : body, 0);
  else {
    response.end(body);
    // Only a client that leaves its answer unread needs a timer: as a rule the kernel has taken all by now.
    if (call.request.socket.writableLength > 0) call.armStall();
  }
}

/** Writes slice after slice; each must be read in time, so that a large answer may take long but may not stand still. */
function writeSlices(call: EdgeCall, body: Uint8Array, from: number): void {
  const { response } = call;
  for (let at = from; at < body.length; at += wholeAnswerSliceBytes) {
    if (response.write(body.subarray(at, at + wholeAnswerSliceBytes))) continue;
    call.armStall();
    response.once('drain', () => {
      call.disarmStall();
      writeSlices(call, body, at + wholeAnswerSliceBytes);
    });
    return;
  }
  response.end();
  call.armStall();
}

/** True when the client may still be sending a body of a length that is not worth reading. */
function leavesBodyUnread(call: EdgeCall): boolean {
  const { request, headers } = call;
  if (request.complete) return false;
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > maxDiscardBytes;
}

/**
 * Writes the answer, then reads and throws away a bounded rest of the body before it closes. A close with unread bytes makes
 * the kernel send a reset, which can destroy the answer before the client has seen it (RFC 9112 §9.6).
 */
function writeAndLinger(call: EdgeCall, status: number, headers: Headers, body: string): void {
  const { request, response } = call;
  call.state = 'answering';
  call.onAbort = ignoreAbort;
  headers['content-length'] = Buffer.byteLength(body);
  response.writeHead(status, headers);
  response.write(body);
  let discardedBytes = 0;
  const close = (): void => {
    timer.cancel();
    request.off('data', discard);
    response.end();
    call.armStall();
  };
  const discard = (chunk: Buffer): void => {
    discardedBytes += chunk.length;
    if (discardedBytes > lingerBytes) close();
  };
  const timer: Timer = call.runtime.clock.setTimer(lingerMs, close);
  request.on('data', discard);
  request.once('end', close);
  response.once('close', () => timer.cancel());
}
