import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contextFor } from '../../test/fixtures/calls.ts';
import { FakeClock } from '../../test/fixtures/fake-clock.ts';
import { createRecordingLog } from '../../test/fixtures/silent-telemetry.ts';
import { startTracing } from '../adapters/otel/tracing.ts';
import { startAttemptSpan, startHttpSpan } from './tracing.ts';

const trace = '0af7651916cd43dd8448eb211c80319c';
const parent = 'b7ad6b7169203331';

test('tracing: an attempt in a recorded trace is a span of its own, in one that is not recorded it passes the context on', async () => {
  const tracing = startTracing({ sampleRatio: 1, serviceName: 'sluice', role: 'all', log: createRecordingLog() });
  const attemptIn = (traceparent: string) =>
    startAttemptSpan('chat', 'p', 'm', contextFor(new FakeClock(), { traceparent, tracestate: 'a=1' }));

  const recorded = attemptIn(`00-${trace}-${parent}-01`);
  assert.match(recorded.traceparent ?? '', new RegExp(`^00-${trace}-(?!${parent})[0-9a-f]{16}-01$`));
  recorded.span.end();

  const unrecorded = attemptIn(`00-${trace}-${parent}-00`);
  assert.equal(unrecorded.traceparent, `00-${trace}-${parent}-00`);
  assert.equal(unrecorded.tracestate, 'a=1');
  assert.equal(unrecorded.span.isRecording(), false);
  await tracing.close();
});

test('tracing: a request without a trace begins one, which its attempts carry on', async () => {
  const tracing = startTracing({ sampleRatio: 0, serviceName: 'sluice', role: 'all', log: createRecordingLog() });
  const { traceparent } = startHttpSpan('POST', '/v1/embeddings', {});
  assert.match(traceparent ?? '', /^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
  await tracing.close();
});
