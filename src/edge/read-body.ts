// Reads the body of a call, as JSON unless its route wants the bytes: bounded in size, in time and in total over all calls, checked before it is parsed.

import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { SluiceError, toSluiceError } from '../core/error.ts';
import type { Timer } from '../ports/clock.ts';
import type { EdgeCall } from './call.ts';
import type { EdgeLimits } from './defaults.ts';
import { parseJsonBody } from './parse-json.ts';

/** Called once: with the failure, or with null after `call.body` was set. */
export type BodyDone = (error: SluiceError | null) => void;

/** Media types that hold JSON. */
const jsonType = /^application\/(?:[\w.+-]+\+)?json$/i;

/** True when a body is announced. That of a GET or HEAD means nothing (RFC 9110 §9.3.1) and is not read. */
export function hasBody({ method, headers }: IncomingMessage): boolean {
  if (method === 'GET' || method === 'HEAD') return false;
  if (headers['content-type'] !== undefined || headers['transfer-encoding'] !== undefined) return true;
  return (headers['content-length'] ?? '0') !== '0';
}

/**
 * Reads and parses the body into `call.body`. Fails with `unsupported_media_type` or `body_too_large` without reading when
 * the headers say enough; with `request_timeout` when the client stops sending.
 */
export function readBody(call: EdgeCall, done: BodyDone): void {
  const maxBytes = maxBytesOf(call.headers, call.runtime.limits);
  let isRaw: boolean;
  try {
    isRaw = checkHeaders(call, maxBytes);
  } catch (thrown) {
    done(toSluiceError(thrown));
    return;
  }
  collect(call, maxBytes, (error, bytes) => {
    if (error === null) {
      try {
        call.body = isRaw ? bytes : parseJsonBody(bytes, call.runtime.limits.maxNesting);
      } catch (thrown) {
        done(toSluiceError(thrown));
        return;
      }
    }
    done(error);
  });
}

/** The largest body of this type: JSON stalls everybody else while it is parsed, other bodies are taken apart by their route. */
export function maxBytesOf(headers: IncomingHttpHeaders, limits: EdgeLimits): number {
  return jsonType.test(mediaTypeOf(headers)) ? limits.maxBodyBytes : limits.maxUploadBytes;
}

/** In lower case, without parameters; '' when there is none. */
function mediaTypeOf({ 'content-type': type = '' }: IncomingHttpHeaders): string {
  const end = type.indexOf(';');
  return (end < 0 ? type : type.slice(0, end)).trim().toLowerCase();
}

/** Returns true when the body is for the route to read. */
function checkHeaders(call: EdgeCall, maxBytes: number): boolean {
  const { headers } = call;
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    throw new SluiceError('unsupported_media_type', {
      message: 'Compressed bodies are not accepted: send the body without content-encoding.',
    });
  }
  const mediaType = mediaTypeOf(headers);
  const isRaw = call.accepts?.raw.includes(mediaType) ?? false;
  if (Number(headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes);
  if (isRaw) return true;
  if (call.accepts?.json === false || !jsonType.test(mediaType)) throw wrongType(call);
  const contentType = headers['content-type'] ?? '';
  if (!contentType.includes(';')) return false;
  const [, ...parameters] = contentType.split(';');
  for (const parameter of parameters) {
    const charset = /^\s*charset\s*=\s*"?([^"\s]*)"?\s*$/i.exec(parameter)?.[1];
    if (charset !== undefined && !/^(?:utf-?8|us-ascii)$/i.test(charset)) {
      throw new SluiceError('unsupported_media_type', { message: 'The charset of the body must be utf-8.' });
    }
  }
  return false;
}

function wrongType({ accepts }: EdgeCall): SluiceError {
  const types = [
    ...(accepts?.json === false ? [] : ['application/json']),
    ...(accepts?.raw ?? []).filter((type) => type !== ''),
  ];
  return new SluiceError('unsupported_media_type', { message: `The content type must be ${types.join(' or ')}.` });
}

function tooLarge(maxBytes: number): SluiceError {
  return new SluiceError('body_too_large', {
    message: `The body is larger than the ${maxBytes} bytes that this server accepts.`,
  });
}

/** Gathers the pieces. As a rule there is one, which is not copied. */
function collect(call: EdgeCall, maxBytes: number, done: (error: SluiceError | null, bytes: Buffer) => void): void {
  const { request, runtime } = call;
  const { clock, limits } = runtime;
  const chunks: Buffer[] = [];
  let heardAtMs = clock.monotonicMs();
  let idle: Timer = clock.setTimer(limits.bodyIdleTimeoutMs, checkIdle);
  let isSettled = false;
  request.on('data', onData);
  request.on('end', onEnd);
  request.on('close', onClose);

  function settle(error: SluiceError | null): void {
    if (isSettled) return;
    isSettled = true;
    idle.cancel();
    if (error !== null) request.off('data', onData);
    const [only] = chunks;
    if (error !== null || only === undefined) done(error, emptyBuffer);
    else done(null, chunks.length === 1 ? only : Buffer.concat(chunks));
  }

  function onData(chunk: Buffer): void {
    heardAtMs = clock.monotonicMs();
    try {
      if (call.heldBodyBytes + chunk.length > maxBytes) throw tooLarge(maxBytes);
      runtime.admission.holdBody(chunk.length);
    } catch (thrown) {
      request.pause();
      settle(toSluiceError(thrown));
      return;
    }
    call.heldBodyBytes += chunk.length;
    chunks.push(chunk);
  }

  function onEnd(): void {
    settle(null);
  }

  /**
   * The client went away in the middle. The call has heard of it too and is over. A request that was read closes as well: its
   * listeners go with it, as to take them off costs more than to be told, but an error that nobody reads would cost 6 µs.
   */
  function onClose(): void {
    if (!isSettled) settle(new SluiceError('cancelled'));
  }

  /** One timer for the whole body, set again from the last piece, is cheaper than one for each piece. */
  function checkIdle(): void {
    const silentMs = clock.monotonicMs() - heardAtMs;
    if (silentMs >= limits.bodyIdleTimeoutMs) settle(new SluiceError('request_timeout'));
    else idle = clock.setTimer(limits.bodyIdleTimeoutMs - silentMs, checkIdle);
  }
}

const emptyBuffer: Buffer = Buffer.alloc(0);
