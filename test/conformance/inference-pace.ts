// Conformance of Inference: the reader sets the pace, and calls do not disturb each other.

import assert from 'node:assert/strict';
import { collectResponse } from '../../src/core/collect.ts';
import type { PredictPart } from '../../src/core/predict.ts';
import { chatRequest } from '../fixtures/calls.ts';
import { textAnswer } from '../fixtures/scripted-inference.ts';
import {
  answer,
  type Check,
  context,
  type InferenceTraits,
  neverAborted,
  nextTurn,
  read,
  request,
} from './inference-harness.ts';
import { start } from './inference-samples.ts';

/** Back-pressure and concurrency. */
export function pace(check: Check, traits: InferenceTraits): void {
  const slab: PredictPart = { type: 'text-delta', text: 'x'.repeat(4096) };

  check('a reader that stops stops the far side after a bounded number of parts', async (inference, scripted) => {
    scripted.script = function* () {
      yield start;
      for (;;) yield slab;
    };
    const iterator = inference.predictStream(request, context(), neverAborted)[Symbol.asyncIterator]();
    for (let i = 0; i < 5; i += 1) await iterator.next();
    let before = -1;
    // Still when a good many turns of the loop bring no further part.
    for (let quiet = 0; quiet < 200; quiet += 1) {
      if (scripted.partsProduced !== before) quiet = 0;
      before = scripted.partsProduced;
      await nextTurn();
    }
    assert.ok(before <= 5 + traits.maxPartsAhead, `${before} parts were produced for 5 read`);
    // And it goes on where it stopped.
    for (let i = 0; i < 500; i += 1) assert.equal((await iterator.next()).done, false);
    await iterator.return?.();
  });

  check('100 concurrent calls do not mix', async (inference, scripted) => {
    scripted.script = ({ model }) => textAnswer(...Array.from({ length: 50 }, (_, i) => `${model}:${i} `));
    const one = async (model: string): Promise<void> => {
      const expected = textAnswer(...Array.from({ length: 50 }, (_, i) => `${model}:${i} `));
      const asked = chatRequest(model);
      if (Number(model) % 2 === 0) {
        assert.deepEqual(await read(inference.predictStream(asked, context(), neverAborted)), expected);
      } else {
        const response = await inference.predict(asked, context(), neverAborted);
        assert.deepEqual(response, await collectResponse(iterate(expected)));
      }
    };
    await Promise.all(Array.from({ length: 100 }, (_, i) => one(String(i))));
  });

  check('a call that nobody reads does not hold the others back', async (inference, scripted) => {
    scripted.script = function* ({ model }) {
      if (model !== 'stalled') return yield* textAnswer('quick');
      yield start;
      for (;;) yield slab;
    };
    const stalled = inference.predictStream(chatRequest('stalled'), context(), neverAborted)[Symbol.asyncIterator]();
    await stalled.next();
    for (let i = 0; i < 50; i += 1) {
      const parts = await read(inference.predictStream(request, context(), neverAborted));
      assert.equal(parts.length, 3);
    }
    await stalled.return?.();
  });

  check('many long streams at once arrive whole', async (inference, scripted) => {
    const texts = Array.from({ length: 2_000 }, (_, i) => `${i},`);
    answer(scripted, ...textAnswer(...texts));
    const lengths = await Promise.all(
      Array.from(
        { length: 20 },
        async () => (await read(inference.predictStream(request, context(), neverAborted))).length,
      ),
    );
    assert.deepEqual(
      lengths,
      Array.from({ length: 20 }, () => 2_002),
    );
  });
}

async function* iterate(parts: readonly PredictPart[]): AsyncGenerator<PredictPart> {
  yield* parts;
}
