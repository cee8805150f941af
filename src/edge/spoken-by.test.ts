// A stream that went on at another target, as callers of each dialect see it: a comment where it did, one answer, and who spoke.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createTestEdge, edgeKeys } from '../../test/fixtures/edge.ts';
import { textAnswer } from '../../test/fixtures/scripted-inference.ts';
import { evaluationDataMissing } from '../../test/fixtures/upstream-calls.ts';
import { ConformanceCheck } from '../../test/wire/conformance.ts';
import type { PredictPart, Speaker } from '../core/predict.ts';
import { seamComment } from './spoken-by.ts';

const spokenBy: readonly Speaker[] = [
  { target: 'first/m', model: 'm-1', characters: 6 },
  { target: 'second/m', model: 'm-2', characters: 5 },
];

function seamedAnswer(): PredictPart[] {
  const [start, hello, world, end] = textAnswer('Hello ', 'world');
  if (start === undefined || hello === undefined || world === undefined || end?.type !== 'end')
    throw new Error('no end');
  return [start, hello, { type: 'seam', target: 'second/m' }, world, { ...end, spokenBy }];
}

/** The path of each dialect, what it is asked, and where its last event has the field. */
const dialects = {
  '/v1/chat/completions': { messages: [{ role: 'user', content: 'hi' }] },
  '/v1/completions': { prompt: 'hi' },
  '/v1/responses': { input: 'hi' },
  '/v1/messages': { max_tokens: 10, messages: [{ role: 'user', content: 'hi' }] },
} as const;

async function stream(t: TestContext, path: keyof typeof dialects): Promise<{ status: number; text: string }> {
  const edge = createTestEdge(t);
  edge.inference.script = seamedAnswer;
  const port = await edge.listen();
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${edgeKeys.first}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'chat', stream: true, ...dialects[path] }),
  });
  return { status: response.status, text: await response.text() };
}

const paths = Object.keys(dialects) as (keyof typeof dialects)[];

for (const path of paths) {
  test(`seam: ${path} has a comment where another target goes on, and says at the end who spoke`, async (t) => {
    const { text } = await stream(t, path);
    const [before = '', after = '', ...more] = text.split(': continued by second/m\n\n');
    assert.deepEqual(more, []);
    assert.match(before, /Hello /);
    assert.match(after, /world/);
    assert.doesNotMatch(after, /message_start|response\.created/);
    const said = text
      .split('\n')
      .filter((line) => line.startsWith('data: {'))
      .map((line) => JSON.parse(line.slice('data: '.length)));
    const fields = said.flatMap((event) => event.sluice ?? event.response?.sluice ?? []);
    assert.deepEqual(fields, [{ spoken_by: spokenBy }]);
  });
}

test('seam: the events are valid by what the vendors publish', { skip: evaluationDataMissing }, async (t) => {
  const check = new ConformanceCheck();
  for (const path of paths) check.check({ path, isStream: true, ...(await stream(t, path)) }, path);
  assert.deepEqual(check.complaints, []);
  assert.equal(check.checked.size, paths.length);
});

test('seam: a name cannot break out of its comment', () => {
  assert.equal(seamComment({ type: 'seam', target: 'a/b\n\ndata: {}' }), ': continued by a/b??data: {}\n\n');
});
