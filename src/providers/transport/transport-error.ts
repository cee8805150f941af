// What a failure of the connection means for the call: the only place that knows undici's and Node's error codes.

import { errors } from 'undici';
import { SluiceError } from '../../core/error.ts';

/** How far a call had come. */
export type Progress = 'connecting' | 'sent' | 'answering';

/** Codes that mean "nobody answered the door in time". */
const timeoutCodes: ReadonlySet<string> = new Set(['UND_ERR_CONNECT_TIMEOUT', 'ETIMEDOUT']);

/**
 * Chooses the reason. Before any byte of the answer a broken socket is `upstream_unavailable` (also a kept-alive socket that
 * the server had just closed: whether it had read the request is unknown, so it is for the caller to decide on a retry);
 * after it, `upstream_truncated`. Bytes that are not HTTP are `upstream_malformed`.
 */
export function transportError(error: unknown, progress: Progress, target: string): SluiceError {
  if (error instanceof SluiceError) return error;
  const code = codeOf(error);
  const message = error instanceof Error ? error.message : String(error);
  const details = { detail: `${progress}: ${code} ${message}`, upstream: { target }, cause: error };
  if (code === 'UND_ERR_DESTROYED' || code === 'UND_ERR_CLOSED') return new SluiceError('draining', details);
  // undici's word for a proxy that wants a password is an invalid argument.
  const isProxysRefusal = /proxy authentication required/i.test(message);
  if (code === 'UND_ERR_INVALID_ARG' && !isProxysRefusal) return new SluiceError('internal', details);
  if (timeoutCodes.has(code)) return new SluiceError('upstream_timeout', details);
  if (code === 'UND_ERR_HEADERS_OVERFLOW') return new SluiceError('upstream_malformed', details);
  // undici leaves the parser's own code out; an end in the middle of a message is told from nonsense by its words.
  const isNonsense = error instanceof errors.HTTPParserError && !/EOF/.test(message);
  if (isNonsense) return new SluiceError('upstream_malformed', details);
  return new SluiceError(progress === 'answering' ? 'upstream_truncated' : 'upstream_unavailable', details);
}

function codeOf(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string') {
    return error.code;
  }
  return error instanceof Error ? error.name : 'unknown';
}
