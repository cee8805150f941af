// Every failure of the catalogue crosses a real server in every form, and comes out as the failure that it was.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Metadata, status } from '@grpc/grpc-js';
import { chatRequest, contextFor } from '../../test/fixtures/calls.ts';
import { createFakeIds } from '../../test/fixtures/fake-ids.ts';
import { createScriptedInference } from '../../test/fixtures/scripted-inference.ts';
import { createRecordingLog, createRecordingMetrics } from '../../test/fixtures/silent-telemetry.ts';
import { createSystemClock } from '../adapters/system/clock.ts';
import { type ErrorDetails, SluiceError } from '../core/error.ts';
import { type ErrorReason, errorCatalogue, type StatusCode } from '../core/error-catalogue.ts';
import { errorFromStatus, errorFromWire, errorToWire } from './error-codec.ts';
import { createInferenceClient, type InferenceClient } from './inference-client.ts';
import { createRpcServer, type RpcServer } from './rpc-server.ts';

const reasons = Object.keys(errorCatalogue) as ErrorReason[];

/** Everything that may cross, and a detail and a cause that must not. */
const full: ErrorDetails = {
  message: 'Größe nicht erlaubt.',
  param: 'messages[0].content',
  retryAfterMs: 1250.5,
  upstream: { target: 'openai/gpt-5', status: 418, type: 'teapot', code: 'short_and_stout' },
  detail: 'secret: 10.0.0.1',
  cause: new Error('secret cause'),
};

function assertSame(thrown: unknown, sent: SluiceError): boolean {
  assert.ok(thrown instanceof SluiceError, String(thrown));
  const { reason, message, param, retryAfterMs, upstream, code, httpStatus, retryable } = sent;
  for (const [key, value] of Object.entries({
    reason,
    message,
    param,
    retryAfterMs,
    upstream,
    code,
    httpStatus,
    retryable,
  })) {
    assert.deepEqual(thrown[key as keyof SluiceError], value, key);
  }
  assert.ok(!JSON.stringify([thrown, thrown.detail ?? '']).includes('secret'));
  return true;
}

describe('error codec over a loopback server', () => {
  const clock = createSystemClock();
  const common = { clock, ids: createFakeIds(), log: createRecordingLog() };
  const scripted = createScriptedInference();
  const signal = new AbortController().signal;
  const clients: Record<'unary' | 'multiplex', InferenceClient | undefined> = {
    unary: undefined,
    multiplex: undefined,
  };
  let server: RpcServer;

  before(async () => {
    const metrics = createRecordingMetrics();
    server = createRpcServer({ ...common, metrics, inference: scripted, requireApiKey: false });
    const target = `grpc://${await server.listen('127.0.0.1:0')}`;
    for (const transport of ['unary', 'multiplex'] as const) {
      clients[transport] = createInferenceClient({ ...common, target, transport });
    }
  });

  after(async () => {
    await clients.unary?.close();
    await clients.multiplex?.close();
    await server.close();
  });

  for (const transport of ['unary', 'multiplex'] as const) {
    test(`error codec: every catalogue entry crosses ${transport}, whole and streamed, bare and with all details`, async () => {
      const client = clients[transport];
      assert.ok(client !== undefined && reasons.length > 30);
      const context = contextFor(clock);
      for (const reason of reasons) {
        for (const sent of [new SluiceError(reason), new SluiceError(reason, full)]) {
          scripted.script = () => [
            () => {
              throw sent;
            },
          ];
          const same = (thrown: unknown): boolean => assertSame(thrown, sent);
          await assert.rejects(client.predict(chatRequest('m'), context, signal), same);
          await assert.rejects(async () => {
            for await (const _ of client.predictStream(chatRequest('m'), context, signal));
          }, same);
        }
      }
    });
  }
});

test('error codec: a reason of a newer version becomes the nearest of its status and keeps its message', () => {
  const wire = { ...errorToWire(new SluiceError('internal', full)), reason: 'quota_of_the_moon' };
  const error = errorFromWire(wire, 'RESOURCE_EXHAUSTED');
  assert.equal(error.reason, 'rate_limited');
  assert.equal(error.message, full.message);
  assert.equal(error.detail, 'unknown reason quota_of_the_moon');
});

test('error codec: every plain status of a stranger has a reason of the same meaning, and its text is not shown', () => {
  const expected: Record<Exclude<keyof typeof status, 'OK'>, ErrorReason> = {
    CANCELLED: 'cancelled',
    UNKNOWN: 'internal',
    INVALID_ARGUMENT: 'invalid_request',
    DEADLINE_EXCEEDED: 'deadline_exceeded',
    NOT_FOUND: 'not_found',
    ALREADY_EXISTS: 'already_exists',
    PERMISSION_DENIED: 'permission_denied',
    RESOURCE_EXHAUSTED: 'rate_limited',
    FAILED_PRECONDITION: 'invalid_request',
    ABORTED: 'inference_unavailable',
    OUT_OF_RANGE: 'invalid_request',
    UNIMPLEMENTED: 'unimplemented',
    INTERNAL: 'internal',
    UNAVAILABLE: 'inference_unavailable',
    DATA_LOSS: 'upstream_truncated',
    UNAUTHENTICATED: 'invalid_api_key',
  };
  for (const [name, reason] of Object.entries(expected) as [StatusCode, ErrorReason][]) {
    const error = errorFromStatus({ code: status[name], details: 'secret 10.0.0.1', metadata: new Metadata() });
    assert.equal(error.reason, reason, name);
    assert.ok(!error.message.includes('secret'));
    assert.ok(error.detail?.includes('secret 10.0.0.1'));
  }
});

test('error codec: failures of the transport that grpc-js reports under other names are told apart', () => {
  const metadata = new Metadata();
  const reset = { code: status.INTERNAL, details: 'Received RST_STREAM with code 2', metadata };
  assert.equal(errorFromStatus(reset).reason, 'inference_unavailable');
  const large = (details: string): string[] => {
    const { reason, message } = errorFromStatus({ code: status.RESOURCE_EXHAUSTED, details, metadata });
    return [reason, message];
  };
  const tooLarge = ['body_too_large', 'The request is larger than 4 bytes.'];
  assert.deepEqual(large('Received message larger than max (9 vs 4)'), tooLarge);
  assert.deepEqual(large('grpc: received message larger than max (9 vs. 4)'), tooLarge);
  assert.deepEqual(large('Attempted to send message with a size larger than 4'), tooLarge);
  assert.deepEqual(large('Received message that decompresses to a size larger than 4'), tooLarge);
  assert.deepEqual(large('Sent message larger than max (9 vs. 4)'), ['internal', 'The answer is larger than 4 bytes.']);
});

test('error codec: details that cannot be read leave the plain status', () => {
  const metadata = new Metadata();
  metadata.set('sluice-error-bin', Buffer.from([0xff, 0xff, 0xff]));
  const error = errorFromStatus({ code: status.NOT_FOUND, details: 'x', metadata });
  assert.equal(error.reason, 'not_found');
});
