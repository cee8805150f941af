// Frames of one turn leave together, none waits longer, and a transport that is full is not written to.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { maxBatchBytes } from './defaults.ts';
import { type FrameSink, Outbox } from './outbox.ts';

function createSink(): FrameSink & { written: number[][]; isFull: boolean; drain(): void } {
  let onDrain = (): void => undefined;
  const sink = {
    written: [] as number[][],
    isFull: false,
    write(message: Uint8Array) {
      sink.written.push([...message]);
      return !sink.isFull;
    },
    on(_event: 'drain', listener: () => void) {
      onDrain = listener;
    },
    drain() {
      sink.isFull = false;
      onDrain();
    },
  };
  return sink;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('outbox: what is pushed in one turn leaves as one message at its end, in order', async () => {
  const sink = createSink();
  const outbox = new Outbox(sink);
  outbox.push(Uint8Array.of(1));
  await Promise.resolve();
  outbox.push(Uint8Array.of(2, 3));
  assert.deepEqual(sink.written, []);
  await turn();
  assert.deepEqual(sink.written, [[1, 2, 3]]);
  outbox.push(Uint8Array.of(4));
  await turn();
  assert.deepEqual(sink.written, [[1, 2, 3], [4]]);
  assert.equal(outbox.pendingBytes, 0);
});

test('outbox: a full transport is not written to until it drains, and whoever asked first is told', async () => {
  const sink = createSink();
  const outbox = new Outbox(sink);
  assert.equal(outbox.ready(), undefined);
  sink.isFull = true;
  outbox.push(Uint8Array.of(1));
  await turn();
  const ready = outbox.ready();
  assert.ok(ready !== undefined);
  outbox.push(Uint8Array.of(2));
  await turn();
  assert.equal(sink.written.length, 1);
  sink.drain();
  await ready;
  assert.deepEqual(sink.written, [[1], [2]]);
  assert.equal(outbox.ready(), undefined);
});

test('outbox: messages are closed at the batch size, and a larger frame travels alone', async () => {
  const sink = createSink();
  const outbox = new Outbox(sink);
  const half = new Uint8Array(maxBatchBytes / 2);
  for (let i = 0; i < 3; i += 1) outbox.push(half);
  outbox.push(new Uint8Array(maxBatchBytes * 2));
  assert.ok(outbox.ready() !== undefined);
  await turn();
  const sizes = sink.written.map((message) => message.length);
  assert.deepEqual(sizes, [maxBatchBytes, maxBatchBytes / 2, maxBatchBytes * 2]);
});

test('outbox: closing drops what waits and lets the waiting go', async () => {
  const sink = createSink();
  const outbox = new Outbox(sink);
  sink.isFull = true;
  outbox.push(Uint8Array.of(1));
  await turn();
  outbox.push(Uint8Array.of(2));
  const ready = outbox.ready();
  outbox.close();
  await ready;
  outbox.push(Uint8Array.of(3));
  sink.drain();
  await turn();
  assert.deepEqual(sink.written, [[1]]);
  assert.equal(outbox.pendingBytes, 0);
});
