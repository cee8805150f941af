// Tables of docs/providers.md, found by asking the providers' own translation: what becomes of each field of a request, of each
// status of a failure and of each word for an ending. check-docs.ts compares them with what is committed.

import { SluiceError } from '../src/core/error.ts';
import type { JsonObject } from '../src/core/json.ts';
import type { ContentPart, Dialect } from '../src/core/message.ts';
import type { PredictRequest } from '../src/core/predict.ts';
import { failureOf as anthropicFailure } from '../src/providers/anthropic/errors.ts';
import { finishReasonOf as anthropicFinish } from '../src/providers/anthropic/finish-reason.ts';
import { predictToWire as messageToWire } from '../src/providers/anthropic/to-wire.ts';
import { responseToWire } from '../src/providers/openai/responses/to-wire.ts';
import { failureOf as openAiFailure } from '../src/providers/openai-compatible/errors.ts';
import { finishReasonOf as chatFinish } from '../src/providers/openai-compatible/finish-reason.ts';
import { predictToWire as chatToWire } from '../src/providers/openai-compatible/to-wire.ts';
import type { WireRequest } from '../src/providers/translation/request-translation.ts';
import { failureOf as vertexFailure } from '../src/providers/vertex/errors.ts';
import { finishReasonOf as vertexFinish } from '../src/providers/vertex/finish-reason.ts';
import { predictToWire as generateToWire } from '../src/providers/vertex/to-wire.ts';

/** One target of translation; the models are current ones, since what is sent depends on them. */
type Target = (request: PredictRequest) => WireRequest;

const targets: Readonly<Record<string, Target>> = {
  'Chat completions': (request) =>
    chatToWire(request, { model: 'm', stream: false, maxTokensField: 'max_completion_tokens' }),
  Responses: (request) => responseToWire(request, 'gpt-5.2', false),
  Anthropic: (request) => messageToWire(request, { model: 'claude-opus-4-6', stream: false }),
  Gemini: (request) => generateToWire(request, 'gemini-3-pro-preview', 'vertex'),
};

const ask: PredictRequest['messages'] = [{ role: 'user', content: [{ type: 'text', text: 'Hello?' }] }];
const answered = (...content: ContentPart[]): Partial<PredictRequest> => ({
  messages: [...ask, { role: 'assistant', content }, ...ask],
});
const asked = (...content: ContentPart[]): Partial<PredictRequest> => ({ messages: [{ role: 'user', content }] });
const data = (mediaType: string) => ({ kind: 'data', base64: 'QUJD', mediaType }) as const;
const schema: JsonObject = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] };
const callOf = { type: 'tool-call', id: 'c1', name: 'f', arguments: '{}' } as const;

/** What has a name here, as callers of any dialect may send it. */
const typed: readonly (readonly [string, Partial<PredictRequest>])[] = [
  ['temperature above 1', { sampling: { temperature: 1.5 } }],
  ['`top_k`', { sampling: { topK: 5 } }],
  ['`seed`', { sampling: { seed: 1 } }],
  ['stop sequences', { sampling: { stop: ['END'] } }],
  ['penalties', { sampling: { presencePenalty: 1 } }],
  ['log probabilities', { sampling: { logprobs: true } }],
  ['several choices (`n`)', { sampling: { choiceCount: 2 } }],
  ['`reasoning_effort`', { reasoningEffort: 'high' }],
  ['a JSON object as the answer', { responseFormat: { kind: 'json-object' } }],
  ['a JSON schema of the answer', { responseFormat: { kind: 'json-schema', name: 's', schema } }],
  ['a `strict` function', { tools: [{ kind: 'function', name: 'f', parameters: schema, strict: true }] }],
  ['one tool call at a time', { tools: [{ kind: 'function', name: 'f' }], parallelToolCalls: false }],
  ['a raw prompt', { messages: [], prompt: 'Once' }],
  ['a picture by address', asked({ type: 'image', source: { kind: 'url', url: 'https://example.com/a.png' } })],
  ['`detail` of a picture', asked({ type: 'image', source: data('image/png'), detail: 'high' })],
  ['sound', asked({ type: 'audio', source: data('audio/wav') })],
  ['a PDF', asked({ type: 'file', source: data('application/pdf'), name: 'a.pdf' })],
  ['a file by address', asked({ type: 'file', source: { kind: 'url', url: 'https://example.com/a.pdf' } })],
  [
    'the name of a participant',
    { messages: [{ ...ask[0], role: 'user', content: ask[0]?.content ?? [], name: 'Ann' }] },
  ],
  ['reasoning without a signature', answered({ type: 'reasoning', text: 'Hm.' }, { type: 'text', text: 'So.' })],
  [
    'reasoning that another vendor signed',
    answered({ type: 'reasoning', text: 'Hm.', signature: 's' }, { type: 'text', text: 'So.' }),
  ],
  ['annotations of an answer', answered({ type: 'text', text: 'So.', annotations: [{ type: 'url_citation' }] })],
  ['a tool that failed', toolResult({ isError: true })],
  ['a picture as a tool’s result', toolResult({ content: [{ type: 'image', source: data('image/png') }] })],
];

function toolResult(fields: { isError?: boolean; content?: readonly ContentPart[] }): Partial<PredictRequest> {
  const content = [{ type: 'text', text: 'x' } as const];
  return {
    messages: [
      ...ask,
      { role: 'assistant', content: [callOf] },
      { role: 'tool', content: [{ type: 'tool-result', toolCallId: 'c1', content, ...fields }] },
    ],
  };
}

/** Fields without a name here, by the dialect of the caller. */
const unnamed: readonly (readonly [Dialect, string, JsonObject])[] = [
  ['openai', 'user', { user: 'u' }],
  ['openai', 'metadata', { metadata: { a: 'b' } }],
  ['openai', 'store', { store: true }],
  ['openai', 'service_tier', { service_tier: 'flex' }],
  ['openai', 'prompt_cache_key', { prompt_cache_key: 'k' }],
  ['openai', 'safety_identifier', { safety_identifier: 'u' }],
  ['openai', 'verbosity', { verbosity: 'low' }],
  ['openai', 'prediction', { prediction: { type: 'content', content: 'x' } }],
  ['openai', 'modalities: [text]', { modalities: ['text'] }],
  ['openai', 'modalities: [text, audio]', { modalities: ['text', 'audio'] }],
  ['openai', 'web_search_options', { web_search_options: {} }],
  ['openai', 'logit_bias', { logit_bias: { '50256': -100 } }],
  ['openai', 'an unknown field', { colour: 'red' }],
  ['openai-responses', 'previous_response_id', { previous_response_id: 'resp_1' }],
  ['openai-responses', 'conversation', { conversation: 'conv_1' }],
  ['openai-responses', 'include', { include: ['reasoning.encrypted_content'] }],
  ['openai-responses', 'truncation: auto', { truncation: 'auto' }],
  ['openai-responses', 'text.verbosity', { text: { verbosity: 'low' } }],
  ['openai-responses', 'reasoning.summary', { reasoning: { summary: 'auto' } }],
  ['anthropic', 'metadata.user_id', { metadata: { user_id: 'u' } }],
  ['anthropic', 'thinking with a budget', { thinking: { type: 'enabled', budget_tokens: 2048 } }],
  ['anthropic', 'service_tier: standard_only', { service_tier: 'standard_only' }],
  ['anthropic', 'container', { container: 'c' }],
  ['anthropic', 'cache_control of the body', { cache_control: { type: 'ephemeral' } }],
];

const plain: PredictRequest = { model: 'm', messages: ask, sampling: {}, dialect: 'openai' };

/** What becomes of the fields that have a name here. */
export function fieldTable(): string {
  const rows = typed.map(([label, fields]) => [label, ...outcomes({ ...plain, ...fields } as PredictRequest, plain)]);
  return table(['Field', ...Object.keys(targets)], rows);
}

/** What becomes of the fields that have none, when the caller speaks another dialect than the target. */
export function extraTable(): string {
  const rows = unnamed.map(([dialect, label, extra]) => {
    const request: PredictRequest = { ...plain, dialect };
    return [nameOf[dialect] ?? dialect, `\`${label}\``, ...outcomes({ ...request, extra }, request)];
  });
  return table(['From', 'Field', ...Object.keys(targets)], rows);
}

const nameOf: Readonly<Partial<Record<Dialect, string>>> = {
  openai: 'chat completions',
  'openai-responses': 'Responses',
  anthropic: 'Anthropic',
};

function outcomes(request: PredictRequest, without: PredictRequest): string[] {
  return Object.values(targets).map((translate) => outcome(translate, request, without));
}

/**
 * `sent`: it is in the body and nothing is reported; `weakened`: in the body, and reported; `left out`: reported, and the body
 * says nothing of it; `–`: neither, since it is what happens anyway; `refused`: `unsupported_capability`.
 */
function outcome(translate: Target, request: PredictRequest, without: PredictRequest): string {
  try {
    const { body, downgrades } = translate(request);
    const isSame = JSON.stringify(body) === JSON.stringify(translate(without).body);
    if (downgrades.length > 0) return saysNothingOf(request, body, isSame) ? 'left out' : 'weakened';
    return isSame ? '–' : 'sent';
  } catch (error) {
    if (error instanceof SluiceError && error.reason === 'unsupported_capability') return 'refused';
    throw error;
  }
}

/** Of a turn's parts the rest is in the body all the same: there, what was reported was left out. */
function saysNothingOf(request: PredictRequest, body: JsonObject, isSame: boolean): boolean {
  const isAboutTurns = request.messages !== ask && request.prompt === undefined;
  return isSame || isAboutTurns || (request.parallelToolCalls === false && !JSON.stringify(body).includes('parallel'));
}

/** What a status without any words means, by vendor. */
export function statusTable(): string {
  const context = { target: 'p/m', secrets: [], nowMs: 0 };
  const statuses = [302, 400, 401, 402, 403, 404, 408, 409, 413, 422, 424, 429, 500, 501, 503, 504, 529];
  const rows = statuses.map((status) => {
    const failures = [
      openAiFailure(status, {}, '', context),
      anthropicFailure(status, {}, '', context),
      vertexFailure({ status, headers: {}, body: '' }, context),
    ];
    return [String(status), ...failures.map(({ reason }) => `\`${reason}\``)];
  });
  return table(['Status', 'OpenAI and compatible', 'Anthropic', 'Google'], rows);
}

/** What the vendors' words for an ending mean. */
export function finishTable(): string {
  const words: readonly (readonly [string, readonly string[], (word: string) => string])[] = [
    [
      'OpenAI and compatible',
      ['stop', 'length', 'tool_calls', 'content_filter', 'eos_token', 'model_length'],
      chatFinish,
    ],
    [
      'Anthropic',
      [
        'end_turn',
        'stop_sequence',
        'max_tokens',
        'model_context_window_exceeded',
        'tool_use',
        'refusal',
        'pause_turn',
        'compaction',
      ],
      (word) => anthropicFinish(word, false),
    ],
    [
      'Google',
      [
        'STOP',
        'MAX_TOKENS',
        'SAFETY',
        'RECITATION',
        'BLOCKLIST',
        'PROHIBITED_CONTENT',
        'SPII',
        'IMAGE_SAFETY',
        'LANGUAGE',
        'MALFORMED_FUNCTION_CALL',
        'TOO_MANY_TOOL_CALLS',
        'MISSING_THOUGHT_SIGNATURE',
        'OTHER',
      ],
      (word) => vertexFinish(word, false),
    ],
  ];
  const rows = words.map(([vendor, list, meaning]) => {
    const by = Map.groupBy(list, meaning);
    const cell = (reason: string): string => (by.get(reason) ?? []).map((word) => `\`${word}\``).join(', ');
    return [vendor, ...finishReasons.map(cell)];
  });
  return table(['Vendor', ...finishReasons.map((reason) => `\`${reason}\``)], rows);
}

const finishReasons = ['stop', 'length', 'tool-calls', 'content-filter', 'other'] as const;

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}
