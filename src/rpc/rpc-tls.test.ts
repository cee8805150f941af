// TLS and mTLS between roles, with certificates that the test makes: who is let in, and who is a peer.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contextFor } from '../../test/fixtures/calls.ts';
import { createTestAuthority } from '../../test/fixtures/certificates.ts';
import { createFakeIds } from '../../test/fixtures/fake-ids.ts';
import { createScriptedInference } from '../../test/fixtures/scripted-inference.ts';
import { createRecordingLog, createRecordingMetrics } from '../../test/fixtures/silent-telemetry.ts';
import { createSystemClock } from '../adapters/system/clock.ts';
import { SluiceError } from '../core/error.ts';
import { createInferenceClient, type InferenceClientTls } from './inference-client.ts';
import { createRpcServer, type RpcServerOptions } from './rpc-server.ts';

const clock = createSystemClock();
const signal = new AbortController().signal;
const limits = { timeout: 10_000 };
const authority = createTestAuthority();
const stranger = createTestAuthority('Somebody else');
const server = authority.issue('dns:localhost', 'ip:127.0.0.1');
const edge = authority.issue('dns:edge.internal', 'uri:spiffe://sluice/edge');
const business = authority.issue('dns:billing.internal');
/** One name that holds a comma: read carelessly, it is two names, the second of which is a peer's. */
const forger = authority.issue('dns:x, DNS:edge.internal, DNS:y');

/** Tries a call and answers for whom the server took it, or with the reason of the refusal. */
type Try = (transport: 'unary' | 'multiplex', tls: InferenceClientTls | undefined) => Promise<string>;

async function withTlsServer(options: Partial<RpcServerOptions>, run: (attempt: Try) => Promise<void>): Promise<void> {
  const scripted = createScriptedInference();
  const common = { clock, ids: createFakeIds(), log: createRecordingLog() };
  const metrics = createRecordingMetrics();
  const rpc = createRpcServer({ ...common, metrics, inference: scripted, requireApiKey: true, ...options });
  const address = await rpc.listen('127.0.0.1:0');
  const attempt: Try = async (transport, tls) => {
    const target = `${tls === undefined ? 'grpc' : 'grpcs'}://${address}`;
    const client = createInferenceClient({
      ...common,
      target,
      transport,
      ...(tls === undefined ? {} : { tls: { serverName: 'localhost', ...tls } }),
    });
    const context = contextFor(clock, { tenantId: 'tenant-7', deadlineAtMs: clock.now() + 3_000 });
    try {
      await client.listModels(context, signal);
      return scripted.calls.at(-1)?.context.tenantId ?? '';
    } catch (error) {
      assert.ok(error instanceof SluiceError);
      return error.reason;
    } finally {
      await client.close();
    }
  };
  try {
    await run(attempt);
  } finally {
    await rpc.close();
  }
}

test('rpc tls: a server with a certificate is trusted by its authority and by nobody else', limits, async () => {
  await withTlsServer({ tls: server, requireApiKey: false }, async (attempt) => {
    for (const transport of ['unary', 'multiplex'] as const) {
      assert.equal(await attempt(transport, { ca: authority.ca }), 'tenant-7');
      assert.equal(await attempt(transport, { ca: stranger.ca }), 'inference_unavailable');
      assert.equal(await attempt(transport, { ca: authority.ca, serverName: 'elsewhere' }), 'inference_unavailable');
      assert.equal(await attempt(transport, undefined), 'inference_unavailable');
    }
  });
});

test('rpc tls: with a client authority, a client without its certificate is not let in', limits, async () => {
  const tls = { ...server, clientCa: authority.ca };
  await withTlsServer({ tls, requireApiKey: false }, async (attempt) => {
    for (const transport of ['unary', 'multiplex'] as const) {
      assert.equal(await attempt(transport, { ca: authority.ca, ...edge }), 'tenant-7');
      assert.equal(await attempt(transport, { ca: authority.ca }), 'inference_unavailable');
      const outside = stranger.issue('dns:edge.internal');
      assert.equal(await attempt(transport, { ca: authority.ca, ...outside }), 'inference_unavailable');
    }
  });
});

test('rpc tls: a certificate makes a peer by exactly its names', limits, async () => {
  const tls = { ...server, clientCa: authority.ca };
  for (const name of ['edge.internal', 'spiffe://sluice/edge']) {
    await withTlsServer({ tls, peers: { certificateNames: [name] } }, async (attempt) => {
      assert.equal(await attempt('multiplex', { ca: authority.ca, ...edge }), 'tenant-7');
      assert.equal(await attempt('unary', { ca: authority.ca, ...edge }), 'tenant-7');
      for (const other of [business, forger]) {
        assert.equal(await attempt('multiplex', { ca: authority.ca, ...other }), 'inference_unavailable');
        assert.equal(await attempt('unary', { ca: authority.ca, ...other }), 'missing_api_key');
      }
    });
  }
});

test('rpc tls: certificates that cannot be read are config_invalid, at either end', limits, async () => {
  const isInvalid = (error: unknown): boolean => error instanceof SluiceError && error.reason === 'config_invalid';
  const broken = { ...server, key: 'not PEM' };
  await assert.rejects(
    withTlsServer({ tls: broken }, async () => undefined),
    isInvalid,
  );
  const common = { clock, ids: createFakeIds(), log: createRecordingLog() };
  assert.throws(
    () => createInferenceClient({ ...common, target: 'grpcs://h:1', transport: 'unary', tls: { ca: 'x', ...broken } }),
    isInvalid,
  );
});
