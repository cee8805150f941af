import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chatRequest } from '../../../test/fixtures/calls.ts';
import { SluiceError } from '../../core/error.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Message } from '../../core/message.ts';
import type { PredictRequest } from '../../core/predict.ts';
import { type RequestLimits, toGenerateRequest } from './request.ts';

const answerer: RequestLimits = { target: 'local/chat', quotes: true, givesLogprobs: false };
const language: RequestLimits = { target: 'local/stories', quotes: false, givesLogprobs: true };

const translate = (overrides: Partial<PredictRequest>, limits: RequestLimits = language) =>
  toGenerateRequest(chatRequest('local/x', overrides), limits, 7);
const refuses = (overrides: Partial<PredictRequest>, param: string, limits: RequestLimits = language) =>
  assert.throws(
    () => translate(overrides, limits),
    (error: unknown) =>
      error instanceof SluiceError && error.reason === 'unsupported_capability' && error.param === param,
  );
const say = (extra: Partial<Message>): Message => ({
  role: 'user',
  content: [{ type: 'text', text: 'Hi' }],
  ...extra,
});

test('local request: values that ask for what happens anyway are nothing', () => {
  const extra: JsonObject = {
    n: 1,
    best_of: 1,
    echo: false,
    logit_bias: {},
    metadata: {},
    modalities: ['text'],
    service_tier: 'auto',
    store: false,
    stream_options: { include_usage: true },
    thinking: { type: 'disabled' },
    truncation: 'disabled',
    suffix: null,
  };
  const sampling = { temperature: 0, topP: 1, presencePenalty: 0, frequencyPenalty: 0, seed: 3 };
  const toolChoice = { kind: 'none' } as const;
  for (const limits of [answerer, language]) {
    const { generate, downgrades } = translate({ extra, sampling, toolChoice, reasoningEffort: 'none' }, limits);
    assert.deepEqual(downgrades, []);
    assert.equal(generate.seed, 3);
  }
});

test('local request: hints are left out and reported once each', () => {
  const messages = [
    say({ name: 'Ada', extra: { cache_control: { type: 'ephemeral' } } }),
    say({
      role: 'assistant',
      content: [
        { type: 'reasoning', text: 'Hm.' },
        { type: 'text', text: 'So.', extra: { parsed_arguments: { a: 1 } } },
      ],
      extra: { annotations: [], refusal: null, parsed: {}, logprobs: [{}], citations: [], reasoning_details: [{}] },
    }),
    say({ name: 'Bob' }),
  ];
  const extra = { user: 'u', prompt_cache_key: 'k', thinking: { type: 'enabled', budget_tokens: 1_024 } };
  const { downgrades } = translate({ messages, extra, reasoningEffort: 'low' });
  assert.deepEqual([...downgrades].sort(), [
    'cache_control',
    'name',
    'prompt_cache_key',
    'reasoning',
    'reasoning_details',
    'reasoning_effort',
    'thinking',
    'user',
  ]);
});

test('local request: what would change the answer is refused by its name', () => {
  refuses({ extra: { logit_bias: { 5: 1 } } }, 'logit_bias');
  refuses({ extra: { n: 2 } }, 'n');
  refuses({ sampling: { choiceCount: 2 } }, 'n');
  refuses({ extra: { repetition_penalty: 1.2 } }, 'repetition_penalty');
  refuses({ extra: { modalities: ['text', 'audio'] } }, 'modalities');
  refuses({ extra: { suffix: 'end' } }, 'suffix');
  refuses({ extra: { text: { format: { type: 'json_object' } } } }, 'text.format');
  refuses({ extra: { documents: ['x'] } }, 'documents');
  refuses({ messages: [say({ extra: { weight: 0 } })] }, 'messages[0].weight');
  refuses(
    { messages: [say({ content: [{ type: 'text', text: 'x', extra: { spoken: true } }] })] },
    'messages[0].content[0].spoken',
  );
  refuses({ messages: [], prompt: 'Once' }, 'prompt', answerer);
});

test('local request: the answerer samples nothing and says so; a language model honours all of it', () => {
  const sampling = { temperature: 1, topP: 0.9, topK: 40, presencePenalty: 1, frequencyPenalty: 1 };
  assert.deepEqual(translate({ sampling }).downgrades, []);
  assert.deepEqual(translate({ sampling }, answerer).downgrades, [
    'temperature',
    'top_p',
    'top_k',
    'presence_penalty',
    'frequency_penalty',
  ]);
});

test('local request: instructions of the Responses API stand in front as a system message', () => {
  const extra = { instructions: 'Be brief.', text: { format: { type: 'text' }, verbosity: 'low' } };
  const { generate, downgrades } = translate({ extra, dialect: 'openai-responses' });
  assert.deepEqual(generate.messages[0], { role: 'system', text: 'Be brief.', source: 'instructions' });
  assert.deepEqual(downgrades, ['verbosity']);
});

test('local request: the answerer reads tool results, and reports the calls that it cannot read', () => {
  const call = { type: 'tool-call', id: 'c1', name: 'look', arguments: '{}' } as const;
  const result = {
    type: 'tool-result',
    toolCallId: 'c1',
    content: [{ type: 'text', text: 'Nothing.' }],
    isError: true,
  } as const;
  const messages = [say({}), say({ role: 'assistant', content: [call] }), say({ role: 'tool', content: [result] })];
  const { generate, downgrades } = translate({ messages }, answerer);
  assert.deepEqual(generate.messages.at(-1), { role: 'tool', text: 'Nothing.', source: 'tool c1' });
  assert.deepEqual(downgrades, ['tool_calls', 'is_error']);
  refuses({ messages }, 'messages[2].content');
});
