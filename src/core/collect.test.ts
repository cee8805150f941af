import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { collectResponse, contentOfAll, partsOf, ResponseCollector } from './collect.ts';
import type { ContentPart } from './message.ts';
import type { PredictPart, PredictResponse } from './predict.ts';

const usage = { inputTokens: 1, outputTokens: 2, source: 'engine' } as const;
const start: PredictPart = { type: 'start', id: 'a', model: 'm', target: 'p/m', createdAtMs: 1, attempts: 1 };
const end: PredictPart = { type: 'end', finishReason: 'stop', usage };

async function* streamOf(parts: Iterable<PredictPart>): AsyncGenerator<PredictPart> {
  yield* parts;
}

const plain = { noNullPrototype: true } as const;

const content: fc.Arbitrary<ContentPart> = fc.oneof(
  fc.record({ type: fc.constant('text' as const), text: fc.string() }, plain),
  fc.constant({ type: 'text' as const, text: 'cited', annotations: [{ url: 'https://example.com' }] }),
  fc.record({ type: fc.constant('refusal' as const), text: fc.string() }, plain),
  fc.record({ type: fc.constant('reasoning' as const), text: fc.string(), signature: fc.string() }, plain),
  fc.record(
    {
      type: fc.constant('tool-call' as const),
      id: fc.string(),
      name: fc.string(),
      arguments: fc.json(),
    },
    plain,
  ),
  fc.constant({ type: 'opaque' as const, dialect: 'openai' as const, value: { type: 'x' } }),
);

/** Neighbouring refusals are one: a stream has no boundary between them. */
function hasNoMergingNeighbours(parts: readonly ContentPart[]): boolean {
  return parts.every((part, index) => {
    const next = parts[index + 1];
    return next?.type !== part.type || part.type !== 'refusal';
  });
}

describe('collecting a stream', () => {
  it('collectResponse: is the inverse of partsOf for every answer', async () => {
    const contents = fc.array(content, { maxLength: 6 }).filter(hasNoMergingNeighbours);
    await fc.assert(
      fc.asyncProperty(contents, async (parts) => {
        const response: PredictResponse = {
          id: 'a',
          model: 'm',
          target: 'p/m',
          createdAtMs: 1,
          attempts: 2,
          finishReason: 'stop',
          usage,
          content: parts,
        };
        assert.deepEqual(await collectResponse(streamOf(partsOf(response))), response);
      }),
    );
  });

  it('choices: those behind the first come with their own content and end, in the order of their numbers', async () => {
    const at = { token: 'B', logprob: -1, top: [] };
    const parts: PredictPart[] = [
      start,
      { type: 'choice-part', choice: 2, part: { type: 'tool-call-start', index: 0, id: 'c', name: 'f' } },
      { type: 'text-delta', text: 'A' },
      { type: 'choice-part', choice: 1, part: { type: 'text-delta', text: 'B', logprobs: [at] } },
      { type: 'choice-part', choice: 2, part: { type: 'tool-call-delta', index: 0, argumentsDelta: '{}' } },
      { type: 'choice-part', choice: 1, part: { type: 'text-delta', text: 'b' } },
      { type: 'text-delta', text: 'a' },
      { type: 'choice-end', choice: 2, finishReason: 'tool-calls', extra: { seal: 's' } },
      { type: 'choice-end', choice: 1, finishReason: 'length', rawFinishReason: 'max', stopSequence: 'x' },
      end,
    ];
    const response = await collectResponse(streamOf(parts));
    assert.deepEqual(response.content, [{ type: 'text', text: 'Aa' }]);
    assert.equal(response.logprobs, undefined);
    assert.deepEqual(response.otherChoices, [
      {
        index: 1,
        content: [{ type: 'text', text: 'Bb' }],
        logprobs: [at],
        finishReason: 'length',
        rawFinishReason: 'max',
        stopSequence: 'x',
      },
      {
        index: 2,
        content: [{ type: 'tool-call', id: 'c', name: 'f', arguments: '{}' }],
        finishReason: 'tool-calls',
        extra: { seal: 's' },
      },
    ]);
    assert.deepEqual(await collectResponse(streamOf(partsOf(response))), response);
    assert.deepEqual(contentOfAll(response), [
      { type: 'text', text: 'Aa' },
      { type: 'text', text: 'Bb' },
      { type: 'tool-call', id: 'c', name: 'f', arguments: '{}' },
    ]);
  });

  it('choices: one that has begun and has no end is truncated', async () => {
    const begun: PredictPart = { type: 'choice-part', choice: 1, part: { type: 'text-delta', text: 'B' } };
    await assert.rejects(collectResponse(streamOf([start, begun, end])), { reason: 'upstream_truncated' });
  });

  it('text: deltas join, log probabilities stay in order', async () => {
    const at = (token: string) => ({ token, logprob: -1, top: [] });
    const response = await collectResponse(
      streamOf([
        start,
        { type: 'text-delta', text: 'Hel', logprobs: [at('Hel')] },
        { type: 'text-delta', text: 'lo', logprobs: [at('lo')] },
        end,
      ]),
    );
    assert.deepEqual(response.content, [{ type: 'text', text: 'Hello' }]);
    assert.deepEqual(response.logprobs, [at('Hel'), at('lo')]);
  });

  it('text: fields without a name here stay with their block, the last value of each', async () => {
    const response = await collectResponse(
      streamOf([
        start,
        { type: 'text-delta', text: 'Hel', extra: { mark: 1 } },
        { type: 'text-delta', text: 'lo', extra: { mark: 2, seal: 's' } },
        { type: 'text-delta', text: 'You', startsBlock: true },
        end,
      ]),
    );
    const content = [
      { type: 'text', text: 'Hello', extra: { mark: 2, seal: 's' } },
      { type: 'text', text: 'You' },
    ];
    assert.deepEqual(response.content, content);
    assert.deepEqual((await collectResponse(streamOf([...partsOf(response)]))).content, content);
  });

  it('tool calls: interleaved arguments reach the call they belong to', async () => {
    const response = await collectResponse(
      streamOf([
        start,
        { type: 'tool-call-start', index: 0, id: 'one', name: 'f' },
        { type: 'tool-call-start', index: 1, id: 'two', name: 'g' },
        { type: 'tool-call-delta', index: 1, argumentsDelta: '{"b"' },
        { type: 'tool-call-delta', index: 0, argumentsDelta: '{}' },
        { type: 'tool-call-delta', index: 1, argumentsDelta: ':1}' },
        end,
      ]),
    );
    assert.deepEqual(response.content, [
      { type: 'tool-call', id: 'one', name: 'f', arguments: '{}' },
      { type: 'tool-call', id: 'two', name: 'g', arguments: '{"b":1}' },
    ]);
  });

  it('tool calls: arguments of a call that was not started are malformed', () => {
    const collector = new ResponseCollector();
    assert.throws(() => collector.add({ type: 'tool-call-delta', index: 0, argumentsDelta: '{}' }), {
      reason: 'upstream_malformed',
    });
  });

  it('start: what is known early is no part of the answer, which has it from its end', async () => {
    const early = { ...start, inputUsage: usage, extra: { tier: 'early', only: 'here' } } as PredictPart;
    const late = { ...end, extra: { tier: 'late' } } as PredictPart;
    assert.deepEqual((await collectResponse(streamOf([early, late]))).extra, { tier: 'late' });
    assert.equal('extra' in (await collectResponse(streamOf([early, end]))), false);
  });

  it('a stream without start or without end is truncated, however much it said', async () => {
    const said: PredictPart = { type: 'text-delta', text: 'Hi' };
    for (const parts of [[], [start], [start, said], [said, end]]) {
      await assert.rejects(collectResponse(streamOf(parts)), { reason: 'upstream_truncated' });
    }
  });

  it('log probabilities and annotations of 200,000 deltas are gathered once each, block by block', () => {
    const collector = new ResponseCollector();
    collector.add(start);
    const count = 200_000;
    for (let at = 0; at < count; at += 1) {
      collector.add({
        type: 'text-delta',
        text: 'x',
        logprobs: [{ token: 'x', logprob: -at, top: [] }],
        annotations: [at],
      });
    }
    collector.add({ type: 'text-delta', text: 'y', startsBlock: true, annotations: ['own'] });
    collector.add(end);
    const { content, logprobs } = collector.finish();
    assert.equal(logprobs?.length, count);
    assert.deepEqual(
      content.map((part) => part.type === 'text' && [part.text.length, part.annotations?.length]),
      [
        [count, count],
        [1, 1],
      ],
    );
  });
});
