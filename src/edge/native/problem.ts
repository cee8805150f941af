// Errors of the native routes as problem details (RFC 9457).

import type { SluiceError } from '../../core/error.ts';
import type { RenderedError } from '../dialect.ts';

/** Renders an error as application/problem+json. `type` is about:blank: the reason is the stable name, in `reason`. */
export function renderProblem(error: SluiceError, requestId: string): RenderedError {
  const status = error.httpStatus;
  const body = JSON.stringify({
    type: 'about:blank',
    title: error.entry.sentence,
    status,
    detail: error.message,
    instance: requestId,
    reason: error.reason,
    ...(error.param === undefined ? {} : { param: error.param }),
  });
  return { status, headers: { 'content-type': 'application/problem+json' }, body };
}
