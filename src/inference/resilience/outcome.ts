// What a failure says of the target that it came from, as one table over the catalogue of errors.

import type { SluiceError } from '../../core/error.ts';
import type { ErrorReason } from '../../core/error-catalogue.ts';
import type { Outcome } from './breaker.ts';

/**
 * `failure`: the target is to blame. `success`: it answered, only not what was wanted; a server that refuses bad requests lives.
 * `rest`: it lives and wants to be left alone. `none`: we or the caller ended it, or it never got there.
 */
export type Verdict = Outcome | 'rest';

const verdicts: Readonly<Record<ErrorReason, Verdict>> = {
  invalid_request: 'success',
  malformed_json: 'none',
  malformed_http: 'none',
  nesting_too_deep: 'none',
  body_too_large: 'success',
  headers_too_large: 'none',
  request_timeout: 'none',
  unsupported_media_type: 'success',
  unsupported_capability: 'none',
  context_length_exceeded: 'success',
  content_filtered: 'success',
  route_not_found: 'none',
  method_not_allowed: 'none',
  model_not_found: 'success',
  not_found: 'success',
  previous_response_not_found: 'success',
  already_exists: 'success',
  missing_api_key: 'none',
  invalid_api_key: 'none',
  permission_denied: 'none',
  rate_limited: 'none',
  too_many_streams: 'none',
  cancelled: 'none',
  deadline_exceeded: 'none',
  slow_consumer: 'none',
  overloaded: 'none', // Our own queue in front of it.
  draining: 'none',
  inference_unavailable: 'none',
  store_unavailable: 'none',
  upstream_rejected: 'success',
  upstream_unauthenticated: 'failure',
  upstream_rate_limited: 'rest',
  upstream_unavailable: 'failure',
  upstream_timeout: 'failure',
  upstream_malformed: 'failure',
  upstream_truncated: 'failure',
  engine_failed: 'failure',
  unimplemented: 'none',
  config_invalid: 'none',
  internal: 'none',
};

/** What the failure says of its target. */
export function verdictOf(failure: SluiceError): Verdict {
  return verdicts[failure.reason];
}
