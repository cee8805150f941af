import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SluiceError } from '../../core/error.ts';
import type { ErrorReason } from '../../core/error-catalogue.ts';
import type { JsonObject } from '../../core/json.ts';
import { retryAfterMsOf } from '../transport/retry-after.ts';
import { safeMessage } from '../transport/safe-message.ts';
import { embeddedFailureOf, failureOf } from './errors.ts';

const nowMs = Date.UTC(2026, 0, 1);
const context = { target: 'p/m', secrets: ['verysecret', 'vllm.internal:8000'], nowMs };

function failure(status: number, body: unknown, headers: Record<string, string> = {}): SluiceError {
  return failureOf(status, headers, typeof body === 'string' ? body : JSON.stringify(body), context);
}

const openai = (message: string, code: string | null = null, type: string = 'invalid_request_error'): JsonObject => ({
  error: { message, type, param: null, code },
});

test('errors: each status and wording has its reason', () => {
  const cases: readonly [number, unknown, ErrorReason][] = [
    [400, openai('Bad value'), 'upstream_rejected'],
    [400, openai('x', 'context_length_exceeded'), 'context_length_exceeded'],
    [400, openai("This model's maximum context length is 4097 tokens."), 'context_length_exceeded'],
    [400, { error: { code: 400, message: 'too big', type: 'exceed_context_size_error' } }, 'context_length_exceeded'],
    [400, { error: { message: 'long', type: 'too_many_prompt_tokens', code: 400 } }, 'context_length_exceeded'],
    [
      422,
      { error: '`inputs` tokens + `max_new_tokens` must be <= 4096', error_type: 'validation' },
      'context_length_exceeded',
    ],
    [400, openai('filtered', 'content_filter'), 'content_filtered'],
    [
      400,
      { error: { message: 'x', code: 'BadRequest', innererror: { code: 'ResponsibleAIPolicyViolation' } } },
      'content_filtered',
    ],
    [403, openai('Your chosen model requires moderation'), 'content_filtered'],
    [401, openai('Incorrect API key'), 'upstream_unauthenticated'],
    [401, { detail: 'Invalid API Key' }, 'upstream_unauthenticated'],
    [402, openai('Insufficient Balance'), 'upstream_unauthenticated'],
    [403, openai('Country not supported'), 'upstream_unauthenticated'],
    [404, openai('The model `x` does not exist', 'model_not_found'), 'model_not_found'],
    [404, { error: { message: 'model "x" not found, try pulling it first', type: 'api_error' } }, 'model_not_found'],
    [
      404,
      { object: 'error', message: 'The model `x` does not exist.', type: 'NotFoundError', code: 404 },
      'model_not_found',
    ],
    [404, { detail: 'Not Found' }, 'upstream_rejected'],
    [404, '404 page not found', 'upstream_rejected'],
    [408, '', 'upstream_timeout'],
    [409, openai('locked'), 'upstream_unavailable'],
    [413, openai('Request too large'), 'upstream_rejected'],
    [422, { detail: [{ loc: ['body', 'messages'], msg: 'Field required' }] }, 'upstream_rejected'],
    [424, { error: 'Request failed during generation', error_type: 'generation' }, 'upstream_unavailable'],
    [429, openai('Rate limit', 'rate_limit_exceeded'), 'upstream_rate_limited'],
    [429, { error: 'Model is overloaded', error_type: 'overloaded' }, 'upstream_rate_limited'],
    [
      429,
      openai('You exceeded your current quota', 'insufficient_quota', 'insufficient_quota'),
      'upstream_unauthenticated',
    ],
    [500, openai('The server had an error', null, 'server_error'), 'upstream_unavailable'],
    [501, { error: { code: 501, message: 'no embeddings', type: 'not_supported_error' } }, 'unsupported_capability'],
    [502, '<html><body>Bad gateway</body></html>', 'upstream_unavailable'],
    [503, { error: { code: 503, message: 'Loading model', type: 'unavailable_error' } }, 'upstream_unavailable'],
    [529, '', 'upstream_unavailable'],
    [302, '', 'upstream_malformed'],
    [400, [{ error: { code: 400, message: 'Gemini', status: 'INVALID_ARGUMENT' } }], 'upstream_rejected'],
  ];
  for (const [status, body, reason] of cases) {
    const error = failure(status, body);
    assert.equal(error.reason, reason, `${status} ${JSON.stringify(body)}`);
    assert.equal(error.upstream?.status, status);
    assert.equal(error.upstream?.target, 'p/m');
  }
});

test('errors: an empty account is not retryable, a rate limit is', () => {
  assert.equal(failure(429, openai('x', 'insufficient_quota')).retryable, false);
  assert.equal(failure(429, openai('x')).retryable, true);
});

test('errors: a verdict shows the vendor’s words, status, type and code', () => {
  const body = {
    error: { message: 'Unknown parameter: foo', type: 'invalid_request_error', param: 'foo', code: 'unknown' },
  };
  const error = failure(422, body);
  assert.equal(error.message, 'Unknown parameter: foo');
  assert.equal(error.httpStatus, 422);
  assert.equal(error.param, 'foo');
  assert.deepEqual(error.upstream, { target: 'p/m', status: 422, type: 'invalid_request_error', code: 'unknown' });
  assert.doesNotMatch(error.detail ?? '', /Unknown parameter/, 'the log holds no words that may quote the prompt');
});

test('errors: faults, limits and credentials show only our own sentence', () => {
  for (const status of [401, 403, 429, 500, 503]) {
    const error = failure(status, openai('Secret inner life of org-Abc123XYZ'));
    assert.doesNotMatch(error.message, /inner life/);
    assert.doesNotMatch(`${error.message} ${error.detail}`, /org-Abc/);
  }
});

test('errors: pages and stack traces are never shown', () => {
  const page = '<!DOCTYPE html><html><head><title>Attention</title></head><body>nginx at 10.0.0.1</body></html>';
  for (const [status, body] of [
    [400, page],
    [404, page],
    [400, openai('Traceback (most recent call last):\n File "x"')],
  ] as const) {
    const error = failure(status, body);
    assert.equal(error.message, 'The provider rejected the request.');
  }
  assert.equal(failure(502, page).detail, 'status 502');
});

test('errors: keys, accounts, addresses and control characters are blotted out', () => {
  const hidden = [
    'sk-proj-AbCdEf123456',
    'org-Abc123XYZ',
    'verysecret',
    'Bearer abc.def',
    'someone@example.org',
    '0123456789abcdef0123456789abcdef',
    'vllm.internal:8000',
    '****-key',
    'AIzaSyA1234567890abcdef',
  ];
  for (const secret of hidden) {
    const shown = safeMessage(`Bad thing ${secret} happened\u0000\u001b[31m`, context.secrets) ?? '';
    assert.ok(!shown.includes(secret), `${secret} in ${shown}`);
    assert.match(shown, /^Bad thing .* happened/);
  }
  assert.equal(safeMessage('Unsupported value: temperature must be 1', []), 'Unsupported value: temperature must be 1');
  assert.ok((safeMessage('x '.repeat(100_000), []) ?? '').length <= 500);
  const item = "Item 'rs_68c42de022c881948db7ed1cc2529f2e0202c9ad459e0d23' has no following item.";
  assert.equal(safeMessage(item, []), item, 'ids of items are the caller’s own');
  assert.equal(safeMessage('  \n ', []), undefined);
});

test('errors: within a stream the status is the vendor’s word for it, or follows from the type', () => {
  const cases: readonly [JsonObject, ErrorReason][] = [
    [{ error: { message: 'x', code: 502 } }, 'upstream_unavailable'],
    [{ error: { message: 'x', status_code: 400, type: 'invalid_request_error' } }, 'upstream_rejected'],
    [{ error: { message: 'x', type: 'rate_limit_error' } }, 'upstream_rate_limited'],
    [{ error: { message: 'x', type: 'server_error' } }, 'upstream_unavailable'],
    [{ error: { message: 'x', code: 'context_length_exceeded' } }, 'context_length_exceeded'],
    [{ error: { message: 'x', type: 'authentication_error' } }, 'upstream_unauthenticated'],
    [{ object: 'error', message: 'x', type: 'BadRequestError', code: 400 }, 'upstream_rejected'],
    [{ error: 'Request failed', error_type: 'generation' }, 'upstream_unavailable'],
    [{}, 'upstream_unavailable'],
  ];
  for (const [body, reason] of cases)
    assert.equal(embeddedFailureOf(body, context).reason, reason, JSON.stringify(body));
});

test('retry after: the most exact header wins, and nonsense is ignored', () => {
  const cases: readonly [Record<string, string>, number | undefined][] = [
    [{ 'retry-after': '2' }, 2000],
    [{ 'retry-after': '0.5' }, 500],
    [{ 'retry-after': 'Thu, 01 Jan 2026 00:00:30 GMT' }, 30_000],
    [{ 'retry-after': '2', 'retry-after-ms': '150' }, 150],
    [{ 'x-ratelimit-reset-requests': '6m0s', 'x-ratelimit-remaining-requests': '0' }, 360_000],
    [
      {
        'x-ratelimit-reset-requests': '6m0s',
        'x-ratelimit-remaining-requests': '5',
        'x-ratelimit-reset-tokens': '20ms',
      },
      20,
    ],
    [{ 'x-ratelimit-reset-tokens': '2m59.56s' }, 179_560],
    [{ 'x-ratelimit-reset-tokens': '13' }, 13_000],
    [{ 'x-ratelimit-reset': String(nowMs + 5000) }, 5000],
    [{ 'x-ratelimit-reset': String(nowMs / 1000 + 7) }, 7000],
    [{ 'retry-after': 'soon' }, undefined],
    [{ 'retry-after': '-1' }, undefined],
    [{ 'retry-after': '999999999' }, 86_400_000],
    [{ 'retry-after': '99999999999999999999' }, 86_400_000],
    [{}, undefined],
  ];
  for (const [headers, expected] of cases)
    assert.equal(retryAfterMsOf(headers, nowMs), expected, JSON.stringify(headers));
  assert.equal(failure(429, openai('x'), { 'retry-after': '3' }).retryAfterMs, 3000);
  assert.equal(failure(503, '', { 'retry-after': '4' }).retryAfterMs, 4000);
});

test('errors: a wrong key and an unknown model have their reason also where a vendor says 400', () => {
  const cases: readonly [JsonObject, ErrorReason][] = [
    [{ code: 'invalid-argument', error: 'Incorrect API key provided.' }, 'upstream_unauthenticated'], // xAI
    [{ error: { message: 'API key is missing', type: 'invalid_request_error' } }, 'upstream_unauthenticated'],
    [{ object: 'error', message: 'Invalid model: x', type: 'invalid_model', code: '1500' }, 'model_not_found'], // Mistral
    [{ error: { message: 'Gone.', code: 'model_decommissioned' } }, 'model_not_found'], // Groq
    [{ error: { message: 'Model Not Exist', type: 'invalid_request_error' } }, 'model_not_found'], // DeepSeek
    [{ error: { message: 'Unknown parameter: api_key', type: 'invalid_request_error' } }, 'upstream_rejected'],
  ];
  for (const [body, reason] of cases)
    assert.equal(failure(400, JSON.stringify(body)).reason, reason, JSON.stringify(body));
  assert.equal(failure(504, '').reason, 'upstream_timeout');
});
