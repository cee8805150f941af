// Every reason for which Sluice refuses or fails, in one table. docs/errors.md lists exactly these rows (checked by
// `npm run check`), the gRPC codec round-trips each of them, and each edge dialect renders them.

/** The canonical gRPC status names (google.rpc.Code), without OK. */
export type StatusCode =
  | 'CANCELLED'
  | 'UNKNOWN'
  | 'INVALID_ARGUMENT'
  | 'DEADLINE_EXCEEDED'
  | 'NOT_FOUND'
  | 'ALREADY_EXISTS'
  | 'PERMISSION_DENIED'
  | 'RESOURCE_EXHAUSTED'
  | 'FAILED_PRECONDITION'
  | 'ABORTED'
  | 'OUT_OF_RANGE'
  | 'UNIMPLEMENTED'
  | 'INTERNAL'
  | 'UNAVAILABLE'
  | 'DATA_LOSS'
  | 'UNAUTHENTICATED';

/** One row of the catalogue. */
export interface ErrorEntry {
  /** What a gRPC caller sees. */
  readonly code: StatusCode;
  /** What an HTTP caller sees, unless the failure carries the status of an upstream vendor. */
  readonly httpStatus: number;
  /** True when the same request may succeed if it is sent again later. What the caller is told. */
  readonly retryable: boolean;
  /**
   * True when another target of the same route may answer the request as it is. Wider than `retryable`: a key that a vendor
   * refuses, a model that it lacks or a prompt that is too long for it will not mend by waiting, and says nothing of the next
   * target. A verdict on the content is not carried elsewhere: nobody shops around for a vendor without scruples.
   */
  readonly failover: boolean;
  /**
   * How much of a vendor's failure the caller reads: `words` of a verdict on the request (its status, message and field), the `status`
   * of what is wrong with this server's account or with the vendor, `nothing` of what is ours or no answer of a vendor's. So a model
   * that is not there is 400 or 404, an account without credit 402, 403 or 429, a vendor that is overloaded 503 or 529.
   */
  readonly vendorShows: VendorShows;
  /** What it means, for the documentation and as the message when none is given. */
  readonly sentence: string;
}

/** Whether a second try may help: not at all, at another target, later at the same one, or either. */
type Retry = 'no' | 'elsewhere' | 'later' | 'anywhere';

/** What of a vendor's failure is shown to the caller. */
type VendorShows = 'words' | 'status' | 'nothing';

/** The name of a catalogue row; stable, part of the API. */
export type ErrorReason =
  | 'invalid_request'
  | 'malformed_json'
  | 'malformed_http'
  | 'nesting_too_deep'
  | 'body_too_large'
  | 'headers_too_large'
  | 'request_timeout'
  | 'unsupported_media_type'
  | 'unsupported_capability'
  | 'context_length_exceeded'
  | 'content_filtered'
  | 'route_not_found'
  | 'method_not_allowed'
  | 'model_not_found'
  | 'not_found'
  | 'previous_response_not_found'
  | 'already_exists'
  | 'missing_api_key'
  | 'invalid_api_key'
  | 'permission_denied'
  | 'rate_limited'
  | 'too_many_streams'
  | 'cancelled'
  | 'deadline_exceeded'
  | 'slow_consumer'
  | 'overloaded'
  | 'draining'
  | 'inference_unavailable'
  | 'store_unavailable'
  | 'upstream_rejected'
  | 'upstream_unauthenticated'
  | 'upstream_rate_limited'
  | 'upstream_unavailable'
  | 'upstream_timeout'
  | 'upstream_malformed'
  | 'upstream_truncated'
  | 'engine_failed'
  | 'unimplemented'
  | 'config_invalid'
  | 'internal';

/** The catalogue. Add a row here and to docs/errors.md; never reuse a reason for a second meaning. */
export const errorCatalogue: Readonly<Record<ErrorReason, ErrorEntry>> = {
  // What the caller sent.
  invalid_request: row('INVALID_ARGUMENT', 400, 'no', 'The request is not valid.'),
  malformed_json: row('INVALID_ARGUMENT', 400, 'no', 'The body is not valid JSON.'),
  malformed_http: row('INVALID_ARGUMENT', 400, 'no', 'The bytes received are not a valid HTTP request.'),
  nesting_too_deep: row('INVALID_ARGUMENT', 400, 'no', 'The body nests objects and arrays too deeply.'),
  body_too_large: row('OUT_OF_RANGE', 413, 'no', 'The body is larger than this server accepts.'),
  headers_too_large: row('OUT_OF_RANGE', 431, 'no', 'The headers are larger than this server accepts.'),
  request_timeout: row('DEADLINE_EXCEEDED', 408, 'no', 'The request was not received in time.'),
  unsupported_media_type: row('INVALID_ARGUMENT', 415, 'no', 'The content type of the body is not supported.'),
  unsupported_capability: row(
    'INVALID_ARGUMENT',
    400,
    'elsewhere',
    'The model cannot do what the request asks for.',
    'words',
  ),
  context_length_exceeded: row(
    'INVALID_ARGUMENT',
    400,
    'elsewhere',
    'The input does not fit into the context of the model.',
    'words',
  ),
  content_filtered: row('INVALID_ARGUMENT', 400, 'no', 'The provider refused the content.', 'words'),
  route_not_found: row('NOT_FOUND', 404, 'no', 'There is no such route.'),
  method_not_allowed: row('UNIMPLEMENTED', 405, 'no', 'The route does not support this method.'),
  model_not_found: row('NOT_FOUND', 404, 'elsewhere', 'There is no such model.', 'words'),
  not_found: row('NOT_FOUND', 404, 'no', 'There is no such thing.'),
  previous_response_not_found: row('INVALID_ARGUMENT', 400, 'no', 'The response to be continued is not kept here.'),
  already_exists: row('ALREADY_EXISTS', 409, 'no', 'A thing of this name exists already.'),

  // Who the caller is and how much they may do.
  missing_api_key: row('UNAUTHENTICATED', 401, 'no', 'No API key was sent.'),
  invalid_api_key: row('UNAUTHENTICATED', 401, 'no', 'The API key is not valid.'),
  permission_denied: row('PERMISSION_DENIED', 403, 'no', 'The API key does not allow this.'),
  rate_limited: row('RESOURCE_EXHAUSTED', 429, 'later', 'The rate limit of the API key is used up.'),
  too_many_streams: row('RESOURCE_EXHAUSTED', 429, 'later', 'Too many concurrent streams are open.'),

  // How the call ended.
  cancelled: row('CANCELLED', 499, 'no', 'The caller went away.'),
  deadline_exceeded: row('DEADLINE_EXCEEDED', 504, 'no', 'The deadline of the request passed.'),
  slow_consumer: row('ABORTED', 499, 'no', 'The caller did not read its answer in time.'),
  overloaded: row('UNAVAILABLE', 503, 'anywhere', 'The server is at its limit.'),
  draining: row('UNAVAILABLE', 503, 'anywhere', 'The server is shutting down.'),
  inference_unavailable: row('UNAVAILABLE', 503, 'anywhere', 'The inference service cannot be reached.'),
  store_unavailable: row('UNAVAILABLE', 503, 'anywhere', 'The durable store cannot be reached.'),

  // What an upstream provider or engine did.
  upstream_rejected: row('FAILED_PRECONDITION', 400, 'no', 'The provider rejected the request.', 'words'),
  upstream_unauthenticated: row(
    'INTERNAL',
    502,
    'elsewhere',
    'The provider refused the credentials, the permissions or the credit of this server, not your API key.',
    'status',
  ),
  upstream_rate_limited: row('RESOURCE_EXHAUSTED', 429, 'anywhere', 'The provider is rate limiting.', 'status'),
  upstream_unavailable: row('UNAVAILABLE', 503, 'anywhere', 'The provider cannot be reached or failed.', 'status'),
  upstream_timeout: row('UNAVAILABLE', 504, 'anywhere', 'The provider did not answer in time.', 'status'),
  upstream_malformed: row('UNAVAILABLE', 502, 'anywhere', 'The provider sent something that is not an answer.'),
  upstream_truncated: row('DATA_LOSS', 502, 'anywhere', 'The answer of the provider ended before it was complete.'),
  engine_failed: row('UNAVAILABLE', 503, 'anywhere', 'The local model engine failed.'),

  // Ourselves.
  unimplemented: row('UNIMPLEMENTED', 501, 'elsewhere', 'This server does not implement the operation.'),
  config_invalid: row('FAILED_PRECONDITION', 500, 'elsewhere', 'The configuration is not valid.'),
  internal: row('INTERNAL', 500, 'no', 'Something went wrong in this server.'),
};

/** True when the text is the name of a catalogue row; for decoding what came over a wire. */
export function isErrorReason(text: string): text is ErrorReason {
  return Object.hasOwn(errorCatalogue, text);
}

function row(
  code: StatusCode,
  httpStatus: number,
  retry: Retry,
  sentence: string,
  vendorShows: VendorShows = 'nothing',
): ErrorEntry {
  const retryable = retry === 'later' || retry === 'anywhere';
  const failover = retry === 'elsewhere' || retry === 'anywhere';
  return { code, httpStatus, retryable, failover, vendorShows, sentence };
}
