// Finds the API key and the wanted timeout in the headers of a call. Whether the key is good is the Authenticator's to say.

import type { IncomingHttpHeaders } from 'node:http';
import { SluiceError } from '../core/error.ts';

/** Longest key that is looked at; ours have 60 characters, and hashing megabytes for a stranger would be a gift. */
const maxKeyChars = 512;

const bearerShape = /^bearer +([\x21-\x7e]+) *$/i;

/**
 * The API key: `Authorization: Bearer …` as OpenAI's clients send it, or `x-api-key` as Anthropic's do. The first wins where
 * both are sent. Throws `missing_api_key` or `invalid_api_key`.
 */
export function apiKeyOf(headers: IncomingHttpHeaders): string {
  const { authorization } = headers;
  const key = authorization === undefined ? headers['x-api-key'] : bearerShape.exec(authorization)?.[1];
  if (typeof key === 'string' && key !== '') {
    if (key.length > maxKeyChars) throw new SluiceError('invalid_api_key');
    return key;
  }
  if (authorization !== undefined && authorization.trim() !== '' && !/^bearer *$/i.test(authorization)) {
    throw new SluiceError('invalid_api_key', {
      message: 'The Authorization header must be: Bearer, a space, the API key.',
    });
  }
  throw new SluiceError('missing_api_key', {
    message: 'No API key was sent. Send it as "Authorization: Bearer <key>" or as "x-api-key: <key>".',
  });
}

/**
 * How long the call may take: what `x-sluice-timeout-ms` asks for, at most `maxTimeoutMs`, which is also the default. Throws
 * `invalid_request` when the header is not a whole number of milliseconds above zero.
 */
export function timeoutOf(headers: IncomingHttpHeaders, maxTimeoutMs: number): number {
  const text = headers['x-sluice-timeout-ms'];
  if (text === undefined) return maxTimeoutMs;
  if (typeof text !== 'string' || !/^[1-9]\d{0,11}$/.test(text)) {
    throw new SluiceError('invalid_request', {
      message: 'The header x-sluice-timeout-ms must be a whole number of milliseconds above zero.',
      param: 'x-sluice-timeout-ms',
    });
  }
  return Math.min(Number(text), maxTimeoutMs);
}
