import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { ROOT_CONTEXT } from '@opentelemetry/api';
import { SamplingDecision, TraceIdRatioBasedSampler } from '@opentelemetry/sdk-trace';
import { createRecordingLog } from '../../../test/fixtures/silent-telemetry.ts';
import type { CallContext } from '../../core/call-context.ts';
import { SluiceError } from '../../core/error.ts';
import { endSpan, failSpan, startAttemptSpan, startHttpSpan } from '../../telemetry/tracing.ts';
import { maxQueuedSpans, maxSpansPerExport } from './defaults.ts';
import { startTracing, type TracingOptions } from './tracing.ts';

interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly attributes: Record<string, unknown>;
  readonly resource: Record<string, unknown>;
  readonly failed: boolean;
}

interface Receiver {
  readonly endpoint: string;
  readonly spans: ReceivedSpan[];
  readonly requests: { url: string; headers: IncomingHttpHeaders }[];
  /** What the receiver does with a request; default 200. */
  status: number;
  close(): Promise<void>;
}

/** An OTLP/HTTP receiver for JSON (opentelemetry.io/docs/specs/otlp). */
async function startReceiver(): Promise<Receiver> {
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      receiver.requests.push({ url: request.url ?? '', headers: request.headers });
      if (receiver.status === 200) receiver.spans.push(...decode(Buffer.concat(chunks).toString()));
      response.writeHead(receiver.status, { 'content-type': 'application/json' }).end('{}');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const receiver: Receiver = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans: [],
    requests: [],
    status: 200,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return receiver;
}

/** The part of an OTLP trace export that is looked at. */
interface OtlpAttribute {
  readonly key: string;
  readonly value: Record<string, unknown>;
}
interface OtlpSpan extends Omit<ReceivedSpan, 'attributes' | 'resource' | 'failed'> {
  readonly attributes: OtlpAttribute[];
  readonly status: { readonly code: number };
}
interface OtlpExport {
  readonly resourceSpans: {
    readonly resource: { readonly attributes: OtlpAttribute[] };
    readonly scopeSpans: { readonly spans: OtlpSpan[] }[];
  }[];
}

function decode(body: string): ReceivedSpan[] {
  const { resourceSpans } = JSON.parse(body) as OtlpExport;
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        ...span,
        attributes: attributesOf(span.attributes),
        resource: attributesOf(resource.attributes),
        failed: span.status.code === 2,
      })),
    ),
  );
}

function attributesOf(list: readonly OtlpAttribute[]): Record<string, unknown> {
  return Object.fromEntries(list.map(({ key, value }) => [key, Object.values(value)[0]]));
}

function options(fields: Partial<TracingOptions> = {}): TracingOptions {
  return { sampleRatio: 1, serviceName: 'sluice', role: 'edge', log: createRecordingLog(), ...fields };
}

function callOf(parent: { traceparent: string | undefined }): CallContext {
  const base = { requestId: 'req_1', tenantId: 't', keyId: 'k', deadlineAtMs: 0 };
  return parent.traceparent === undefined ? base : { ...base, traceparent: parent.traceparent };
}

test('tracing: an HTTP span and its attempt reach the receiver as one trace, under the trace of the caller', async () => {
  const receiver = await startReceiver();
  const tracing = startTracing(
    options({ otlpEndpoint: `${receiver.endpoint}/`, headers: { 'x-tenant': 'a' }, serviceVersion: '1.2.3' }),
  );
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const http = startHttpSpan('POST', '/v1/chat/completions', { traceparent, tracestate: 'vendor=1' });
  assert.equal(http.tracestate, 'vendor=1');
  const attempt = startAttemptSpan('chat', 'local', 'chat', callOf(http));
  failSpan(attempt, new SluiceError('engine_failed'));
  endSpan(http, { inputTokens: 3, outputTokens: 5, source: 'engine' });
  await tracing.close();
  await receiver.close();

  assert.deepEqual(
    receiver.requests.map(({ url }) => url),
    ['/v1/traces'],
  );
  assert.equal(receiver.requests[0]?.headers['x-tenant'], 'a');
  const [inner, outer] = receiver.spans;
  assert.equal(receiver.spans.length, 2);
  assert.equal(outer?.traceId, '0af7651916cd43dd8448eb211c80319c');
  assert.equal(outer?.parentSpanId, 'b7ad6b7169203331');
  assert.equal(outer?.name, 'POST /v1/chat/completions');
  assert.equal(outer?.attributes['gen_ai.usage.output_tokens'], 5);
  assert.equal(inner?.traceId, outer?.traceId);
  assert.equal(inner?.parentSpanId, outer?.spanId);
  assert.equal(inner?.attributes['error.type'], 'engine_failed');
  assert.equal(inner?.failed, true);
  assert.deepEqual(outer?.resource, { 'service.name': 'sluice', 'service.version': '1.2.3', 'sluice.role': 'edge' });
});

test('tracing: without an exporter there are trace ids all the same, and every callee gets them', async () => {
  const tracing = startTracing(options({ sampleRatio: 0 }));
  const http = startHttpSpan('GET', '/v1/models', {});
  const attempt = startAttemptSpan('chat', 'local', 'chat', callOf(http));
  assert.match(http.traceparent ?? '', /^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
  assert.equal(attempt.traceparent?.slice(0, 35), http.traceparent?.slice(0, 35));
  endSpan(attempt);
  endSpan(http);
  await tracing.close();
});

test('tracing: of the traces that begin here the given share is recorded, by the trace id as other services would decide', async () => {
  const sampleRatio = 0.5;
  const sampler = new TraceIdRatioBasedSampler(sampleRatio);
  const tracing = startTracing(options({ sampleRatio }));
  const seen = new Set<string>();
  let recorded = 0;
  for (let count = 0; count < 400; count += 1) {
    const span = startHttpSpan('GET', '/', {});
    const [, traceId = '', spanId = '', flags] = span.traceparent?.split('-') ?? [];
    const { decision } = sampler.shouldSample(ROOT_CONTEXT, traceId);
    assert.equal(flags, decision === SamplingDecision.RECORD_AND_SAMPLED ? '01' : '00');
    assert.equal(span.span.isRecording(), flags === '01');
    if (flags === '01') recorded += 1;
    seen.add(traceId).add(spanId);
    endSpan(span);
  }
  assert.equal(seen.size, 800);
  assert.ok(recorded > 120 && recorded < 280, `${recorded} of 400`);
  await tracing.close();
});

test('tracing: the caller’s decision to record or not is followed, whatever the ratio', async () => {
  for (const [sampleRatio, flags] of [
    [0, '01'],
    [1, '00'],
  ] as const) {
    const tracing = startTracing(options({ sampleRatio }));
    const traceparent = `00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-${flags}`;
    const span = startHttpSpan('GET', '/', { traceparent });
    assert.ok(span.traceparent?.endsWith(`-${flags}`));
    endSpan(span);
    await tracing.close();
  }
});

test('tracing: after a restart in the same process spans go to the new receiver, after close nowhere', async () => {
  const receivers = [await startReceiver(), await startReceiver()] as const;
  for (const [at, receiver] of receivers.entries()) {
    const tracing = startTracing(options({ otlpEndpoint: receiver.endpoint }));
    endSpan(startHttpSpan('GET', `/${at}`, {}));
    await tracing.close();
  }
  const late = startHttpSpan('GET', '/late', {});
  assert.equal(late.span.isRecording(), false);
  endSpan(late);
  for (const receiver of receivers) await receiver.close();
  assert.deepEqual(
    receivers.map((receiver) => receiver.spans.map((span) => span.name)),
    [['GET /0'], ['GET /1']],
  );
});

test('tracing: a receiver that is gone costs spans and one line in the log, never a rejection', async () => {
  const receiver = await startReceiver();
  await receiver.close();
  const log = createRecordingLog();
  const tracing = startTracing(options({ otlpEndpoint: receiver.endpoint, log, exportTimeoutMs: 200 }));
  for (let at = 0; at < maxSpansPerExport * 2; at += 1) endSpan(startHttpSpan('GET', '/', {}));
  await tracing.close();
  const failures = log.lines.filter((line) => /cannot be exported/.test(line.message));
  assert.equal(failures.length, 1);
  assert.match(String(failures[0]?.fields['url']), /\/v1\/traces$/);
});

test('tracing: spans beyond the queue are dropped: a slow receiver does not fill the memory', async () => {
  const receiver = await startReceiver();
  const log = createRecordingLog();
  const tracing = startTracing(options({ otlpEndpoint: receiver.endpoint, log }));
  const spans = 20_000;
  for (let at = 0; at < spans; at += 1) endSpan(startHttpSpan('GET', '/', {})); // one turn of the loop: nothing can be sent
  await tracing.close();
  await receiver.close();
  assert.ok(receiver.spans.length >= maxQueuedSpans, `${receiver.spans.length} spans arrived`);
  assert.ok(receiver.spans.length <= maxQueuedSpans + maxSpansPerExport, `${receiver.spans.length} spans arrived`);
});
