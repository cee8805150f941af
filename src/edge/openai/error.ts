// Errors in OpenAI's envelope.

import type { SluiceError } from '../../core/error.ts';
import type { RenderedError } from '../dialect.ts';

/** The envelope as OpenAI's clients parse it: `{"error":{message,type,param,code}}`. */
export function renderOpenAiError(error: SluiceError, requestId: string): RenderedError {
  return { status: error.httpStatus, headers: {}, body: openAiErrorBody(error, requestId) };
}

/** The envelope as text; also the data of the event that ends a failed stream. */
export function openAiErrorBody(error: SluiceError, requestId: string): string {
  // What went wrong inside is not the caller's to know; the id finds it in our log.
  const message = error.reason === 'internal' ? `${error.message} The request id is ${requestId}.` : error.message;
  return JSON.stringify({
    error: {
      message,
      type: error.upstream?.type ?? typeOfStatus(error.httpStatus),
      param: error.param ?? null,
      code: error.upstream?.code ?? error.reason,
    },
  });
}

/** OpenAI's error types. It has `invalid_request_error` for most of what is the caller's fault, a wrong key included. */
function typeOfStatus(status: number): string {
  if (status === 403) return 'permission_error';
  if (status === 429) return 'rate_limit_error';
  return status < 500 ? 'invalid_request_error' : 'server_error';
}
