// Several choices through the edge: what `n` asks of the models, and what its caller gets, whole and streamed.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createTestEdge, edgeKeys, type TestEdge } from '../../../test/fixtures/edge.ts';
import { openAiDocument } from '../../../test/fixtures/openapi.ts';
import { textAnswer } from '../../../test/fixtures/scripted-inference.ts';
import { evaluationDataMissing } from '../../../test/fixtures/upstream-calls.ts';
import type { PredictPart, PredictRequest } from '../../core/predict.ts';

type Json = ReturnType<typeof JSON.parse>;

const headers = { authorization: `Bearer ${edgeKeys.first}` };
const messages = [{ role: 'user', content: 'Hi' }];
const chat = '/v1/chat/completions';
const completions = '/v1/completions';

async function post(edge: TestEdge, url: string, payload: object): Promise<Json> {
  const answer = await edge.server.inject({ method: 'POST', url, headers, payload });
  return answer.json();
}

/** The data of the events of a stream; `[DONE]` stays text. */
async function stream(edge: TestEdge, url: string, payload: object): Promise<Json[]> {
  const body = { ...payload, stream: true };
  const answer = await edge.server.inject({ method: 'POST', url, headers, payload: body });
  const events = answer.body.split('\n\n').filter((event) => event !== '');
  return events.map((event) => (event === 'data: [DONE]' ? '[DONE]' : JSON.parse(event.slice('data: '.length))));
}

const [start, , end] = textAnswer('x') as [PredictPart, PredictPart, PredictPart];
const token = (text: string) => ({ token: text, logprob: -0.5, top: [] });

/** Three choices side by side: text, text with log probabilities, a call. */
const threeChoices: readonly PredictPart[] = [
  start,
  { type: 'text-delta', text: 'A' },
  { type: 'choice-part', choice: 1, part: { type: 'text-delta', text: 'B', logprobs: [token('B')] } },
  { type: 'choice-part', choice: 2, part: { type: 'tool-call-start', index: 0, id: 'c1', name: 'f' } },
  { type: 'text-delta', text: 'a' },
  { type: 'choice-part', choice: 2, part: { type: 'tool-call-delta', index: 0, argumentsDelta: '{}' } },
  { type: 'choice-part', choice: 1, part: { type: 'text-delta', text: 'b', logprobs: [token('b')] } },
  { type: 'choice-end', choice: 1, finishReason: 'length', extra: { seal: 's', index: 9 } },
  { type: 'choice-end', choice: 2, finishReason: 'tool-calls' },
  end,
];

function withThreeChoices(t: TestContext): TestEdge {
  const edge = createTestEdge(t);
  edge.inference.script = () => threeChoices;
  return edge;
}

/** What the chunks say of each choice. */
function choicesOf(events: readonly Json[]): Json[] {
  const choices: Json[] = [];
  for (const event of events) {
    for (const { index, delta, text, finish_reason: reason, ...fields } of event.choices ?? []) {
      choices[index] ??= { roles: 0, text: '', calls: '', reason: null };
      const choice = choices[index];
      if (delta?.role !== undefined) choice.roles += 1;
      choice.text += text ?? delta?.content ?? '';
      for (const call of delta?.tool_calls ?? []) choice.calls += call.function.name ?? call.function.arguments;
      if (delta?.function_call !== undefined) choice.calls += delta.function_call.name ?? delta.function_call.arguments;
      choice.reason = reason ?? choice.reason;
      if (fields.seal !== undefined) choice.seal = fields.seal;
      if (fields.logprobs !== null)
        choice.offsets = [...(choice.offsets ?? []), ...(fields.logprobs.text_offset ?? [])];
    }
  }
  return choices;
}

test('choices: `n` is how many are asked for, one is not said, and the bound is 128', async (t) => {
  const edge = withThreeChoices(t);
  for (const n of [3, 1, null]) await post(edge, chat, { model: 'm', messages, n });
  await post(edge, completions, { model: 'm', prompt: 'x', n: 128 });
  const asked = edge.inference.calls.map(({ request }) => (request as PredictRequest).sampling);
  assert.deepEqual(asked, [{ choiceCount: 3 }, {}, {}, { choiceCount: 128 }]);
  const refused: readonly [url: string, payload: object, message: RegExp][] = [
    [chat, { messages, n: 129 }, /at most 128/],
    [completions, { prompt: 'x', n: 129 }, /at most 128/],
    [completions, { prompt: ['x', 'y'], n: 65 }, /2 prompts with n = 65 are more than 128 choices/],
  ];
  for (const [url, payload, message] of refused) {
    const { error } = await post(edge, url, { model: 'm', ...payload });
    assert.deepEqual([error.code, error.param], ['invalid_request', 'n']);
    assert.match(error.message, message);
  }
  assert.equal(edge.inference.calls.length, 4);
});

test('choices: a whole chat completion has them all, each with its own content and end', async (t) => {
  const edge = withThreeChoices(t);
  const body = await post(edge, chat, { model: 'm', messages, n: 3 });
  const spoken = (content: string) => ({ role: 'assistant', content, refusal: null });
  const probable = (...tokens: string[]) => ({
    content: tokens.map((text) => ({ token: text, logprob: -0.5, bytes: null, top_logprobs: [] })),
    refusal: null,
  });
  assert.deepEqual(body.choices, [
    { index: 0, message: spoken('Aa'), logprobs: null, finish_reason: 'stop' },
    { index: 1, message: spoken('Bb'), logprobs: probable('B', 'b'), seal: 's', finish_reason: 'length' },
    {
      index: 2,
      message: {
        role: 'assistant',
        content: null,
        refusal: null,
        tool_calls: [{ id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } }],
      },
      logprobs: null,
      finish_reason: 'tool_calls',
    },
  ]);
});

test('choices: a chat stream has them by their index, one role and one end each, the usage once', async (t) => {
  const edge = withThreeChoices(t);
  const include = { stream_options: { include_usage: true } };
  const events = await stream(edge, chat, { model: 'm', messages, n: 3, ...include });
  assert.deepEqual(choicesOf(events), [
    { roles: 1, text: 'Aa', calls: '', reason: 'stop' },
    { roles: 1, text: 'Bb', calls: '', reason: 'length', seal: 's', offsets: [] },
    { roles: 1, text: '', calls: 'f{}', reason: 'tool_calls' },
  ]);
  assert.deepEqual(
    events.map(({ usage }) => usage?.total_tokens).filter((total) => total !== undefined),
    [4],
  );
  assert.deepEqual([events.at(-2).choices, events.at(-1)], [[], '[DONE]']);
  assert.ok(events.slice(0, -2).every((event) => event.choices.length === 1 && event.usage === null));
});

test('choices: callers of `functions` find the call of each choice where they look for it', async (t) => {
  const edge = withThreeChoices(t);
  const asked = { model: 'm', messages, n: 3, functions: [{ name: 'f' }] };
  const { choices } = await post(edge, chat, asked);
  assert.deepEqual(choices[2].message.function_call, { name: 'f', arguments: '{}' });
  assert.deepEqual(
    choices.map(({ finish_reason: reason }: Json) => reason),
    ['stop', 'length', 'function_call'],
  );
  const streamed = choicesOf(await stream(edge, chat, asked));
  assert.deepEqual([streamed[2].calls, streamed[2].reason], ['f{}', 'function_call']);
});

test('choices: those of several prompts follow one another, whole and streamed', async (t) => {
  const edge = createTestEdge(t);
  edge.inference.script = ({ prompt = '' }) => [
    start,
    { type: 'text-delta', text: prompt, logprobs: [token(prompt)] },
    {
      type: 'choice-part',
      choice: 1,
      part: { type: 'text-delta', text: `${prompt}!`, logprobs: [token(`${prompt}!`)] },
    },
    { type: 'choice-part', choice: 1, part: { type: 'text-delta', text: '?', logprobs: [token('?')] } },
    { type: 'choice-part', choice: 1, part: { type: 'reasoning-delta', text: 'Hm.' } },
    { type: 'choice-end', choice: 1, finishReason: 'length', extra: { seal: 's' } },
    end,
  ];
  const asked = { model: 'm', prompt: ['ab', 'c'], n: 2 };
  const { choices, usage } = await post(edge, completions, asked);
  const shown = choices.map(({ index, text, seal, logprobs, finish_reason: reason }: Json) => [
    index,
    text,
    reason,
    seal,
    logprobs.text_offset,
  ]);
  assert.deepEqual(shown, [
    [0, 'ab', 'stop', undefined, [0]],
    [1, 'ab!?', 'length', 's', [0, 3]],
    [2, 'c', 'stop', undefined, [0]],
    [3, 'c!?', 'length', 's', [0, 2]],
  ]);
  assert.equal(usage.total_tokens, 8);
  const events = await stream(edge, completions, asked);
  assert.deepEqual(choicesOf(events), [
    { roles: 0, text: 'ab', calls: '', reason: 'stop', offsets: [0] },
    { roles: 0, text: 'ab!?', calls: '', reason: 'length', seal: 's', offsets: [0, 3] },
    { roles: 0, text: 'c', calls: '', reason: 'stop', offsets: [0] },
    { roles: 0, text: 'c!?', calls: '', reason: 'length', seal: 's', offsets: [0, 2] },
  ]);
});

test('choices: the first is told as much of its end as the others, whole and streamed', async (t) => {
  const edge = createTestEdge(t);
  const paused = { finishReason: 'other', rawFinishReason: 'paused' } as const;
  edge.inference.script = () => [
    start,
    { type: 'text-delta', text: 'A' },
    { type: 'choice-part', choice: 1, part: { type: 'text-delta', text: 'B' } },
    { type: 'choice-end', choice: 1, ...paused },
    { ...end, ...paused, extra: { service_tier: 'on_demand', id: 'evil' } } as PredictPart,
  ];
  const endOf = ({ index, finish_reason: reason, native_finish_reason: native }: Json) => [index, reason, native];
  const tierOf = ({ service_tier: tier, native_service_tier: native }: Json) => [tier, native];
  for (const [url, input] of [
    [chat, { messages }],
    [completions, { prompt: 'x' }],
  ] as const) {
    const whole = await post(edge, url, { model: 'm', n: 2, ...input });
    const ends = [0, 1].map((index) => [index, 'length', 'paused']);
    assert.deepEqual(whole.choices.map(endOf), ends, url);
    assert.deepEqual(tierOf(whole), [undefined, 'on_demand'], url);
    const events = (await stream(edge, url, { model: 'm', n: 2, ...input })).slice(0, -1);
    const last = events.filter(({ choices: [choice] }) => choice.finish_reason !== null);
    assert.deepEqual(last.map(({ choices: [choice] }) => endOf(choice)).toSorted(), ends, url);
    assert.deepEqual([tierOf(events.at(-1)), events.at(-1).id], [[undefined, 'on_demand'], events[0].id], url);
  }
  const { choices } = await post(edge, completions, { model: 'm', n: 2, prompt: ['x', 'y'] });
  assert.deepEqual(
    choices.map(endOf),
    [0, 1, 2, 3].map((index) => [index, 'length', 'paused']),
  );
  const several = (await stream(edge, completions, { model: 'm', n: 2, prompt: ['x', 'y'] })).slice(0, -1);
  const reasons = several.map(({ choices: [choice] }) => choice.native_finish_reason).filter((word) => word);
  assert.deepEqual(reasons, ['paused', 'paused', 'paused', 'paused']);
});

test('choices: answers and chunks are valid by the published document', {
  skip: evaluationDataMissing ?? false,
}, async (t) => {
  const edge = withThreeChoices(t);
  const document = openAiDocument();
  document.assertValid('CreateChatCompletionResponse', await post(edge, chat, { model: 'm', messages, n: 3 }));
  const events = await stream(edge, chat, { model: 'm', messages, n: 3 });
  for (const event of events.slice(0, -1)) document.assertValid('CreateChatCompletionStreamResponse', event);
});
