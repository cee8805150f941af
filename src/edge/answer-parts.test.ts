// Every kind of part that an answer can hold, in every dialect, whole and streamed, through the vendors' own clients: shown to the
// caller, and back in the request when the caller sends the answer as it is with the next turn. A part that vanishes fails here.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { createTestEdge, edgeKeys } from '../../test/fixtures/edge.ts';
import { createMemoryResponseStore } from '../../test/fixtures/memory-response-store.ts';
import { openAiDocument } from '../../test/fixtures/openapi.ts';
import { textAnswer } from '../../test/fixtures/scripted-inference.ts';
import { evaluationDataMissing } from '../../test/fixtures/upstream-calls.ts';
import { createSystemClock } from '../adapters/system/clock.ts';
import type { JsonObject } from '../core/json.ts';
import type { ContentPart, Dialect } from '../core/message.ts';
import type { DeltaPart, PredictRequest } from '../core/predict.ts';

type Content = DeltaPart;

/** One kind of part: as a provider gives it, and as the next turn's request must hold it. */
interface Kind {
  readonly parts: readonly Content[];
  readonly back: readonly ContentPart[];
  /** Where a dialect gives it back in another form: which. */
  readonly instead?: { readonly [Name in DialectName]?: readonly ContentPart[] };
  /** Words that the caller must see in the answer; '' where the part is only carried. Anthropic's dialect has no pictures to show. */
  readonly seen: string;
}

function opaqueDelta(dialect: Dialect, value: JsonObject): Content {
  return { type: 'opaque-delta', dialect, value };
}

function opaque(dialect: Dialect, value: JsonObject): ContentPart {
  return { type: 'opaque', dialect, value };
}

function toolCall(index: number): Content[] {
  return [
    { type: 'tool-call-start', index, id: `call_${index}`, name: 'f' },
    { type: 'tool-call-delta', index, argumentsDelta: '{"a":1}' },
  ];
}

/** Parts of a vendor between two texts: they must come back at their place. */
function between(dialect: Dialect, values: readonly JsonObject[], seen = ''): Kind {
  return {
    parts: [
      { type: 'text-delta', text: 'Be' },
      { type: 'text-delta', text: 'fore 🙂. ' },
      ...values.map((value) => opaqueDelta(dialect, value)),
      { type: 'text-delta', text: 'Behind.' },
    ],
    back: [
      { type: 'text', text: 'Before 🙂. ' },
      ...values.map((value) => opaque(dialect, value)),
      { type: 'text', text: 'Behind.' },
    ],
    seen,
  };
}

const picture = Buffer.from('a picture').toString('base64');
const customCall = { type: 'custom_tool_call', call_id: 'call_c', name: 'sql', input: 'SELECT 1' };
const customCallOfChat = { index: 0, id: 'call_c', type: 'custom', custom: { name: 'sql', input: 'SELECT 1' } };

/** Parts with an internal form, by type: a new type does not compile without a row. */
const typed: Readonly<Record<Exclude<Content['type'], 'tool-call-delta' | 'opaque-delta'>, Kind>> = {
  'text-delta': {
    parts: [
      { type: 'text-delta', text: 'One. ' },
      { type: 'text-delta', text: 'Two.', startsBlock: true },
    ],
    back: [
      { type: 'text', text: 'One. ' },
      { type: 'text', text: 'Two.' },
    ],
    instead: { chat: [{ type: 'text', text: 'One. Two.' }] },
    seen: 'Two.',
  },
  'refusal-delta': {
    parts: [{ type: 'refusal-delta', text: 'I cannot.' }],
    back: [{ type: 'refusal', text: 'I cannot.' }],
    instead: { messages: [{ type: 'text', text: 'I cannot.' }] },
    seen: 'I cannot.',
  },
  'reasoning-delta': {
    parts: [
      { type: 'reasoning-delta', text: 'Hm.', signature: 'c2ln' },
      { type: 'reasoning-delta', text: '', encrypted: 'aGlkZGVu', startsBlock: true },
      { type: 'text-delta', text: 'So.' },
    ],
    back: [
      { type: 'reasoning', text: 'Hm.', signature: 'c2ln' },
      { type: 'reasoning', text: '', encrypted: 'aGlkZGVu' },
      { type: 'text', text: 'So.' },
    ],
    // How thoughts go back through chat completions is a matter of its own (parse-message.ts).
    instead: { chat: [{ type: 'text', text: 'So.' }] },
    seen: 'Hm.',
  },
  'tool-call-start': {
    parts: toolCall(0),
    back: [{ type: 'tool-call', id: 'call_0', name: 'f', arguments: '{"a":1}' }],
    seen: 'call_0',
  },
};

// As Anthropic's present models send them: its clients miss the caller otherwise, and get it from us.
const caller = { type: 'direct' };
const search = { caller, type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: { query: 'q' } };
const found = {
  caller,
  type: 'web_search_tool_result',
  tool_use_id: 'srvtoolu_1',
  content: [{ type: 'web_search_result', url: 'https://example.com', title: 't', encrypted_content: 'x' }],
};
const run = { type: 'bash_code_execution_tool_result', tool_use_id: 'srvtoolu_2', content: { stdout: '1' } };
const openAiSearch = {
  type: 'web_search_call',
  id: 'ws_1',
  status: 'completed',
  action: { type: 'search', query: 'q' },
};
const openAiPicture = { type: 'image_generation_call', id: 'ig_9', status: 'completed', output_format: 'webp' };

/** Parts without an internal form, by whose they are. */
const vendors: Readonly<Record<Dialect, Readonly<Record<string, Kind>>>> = {
  anthropic: { 'a search': between('anthropic', [search, found]), 'an execution': between('anthropic', [run]) },
  'openai-responses': {
    'a search': between('openai-responses', [openAiSearch]),
    'a picture': between('openai-responses', [{ ...openAiPicture, result: picture }], picture),
    'a custom call': {
      parts: [opaqueDelta('openai-responses', customCall)],
      back: [opaque('openai-responses', customCall)],
      seen: 'SELECT 1',
    },
  },
  openai: {
    'a content part': between('openai', [{ type: 'reference', reference_ids: [1, 2] }]),
    'a custom call': {
      parts: [opaqueDelta('openai', { tool_calls: [customCallOfChat] })],
      back: [opaque('openai-responses', customCall)],
      // There it is no part but a call of the message, as it came.
      instead: { chat: [] },
      seen: 'SELECT 1',
    },
  },
  vertex: {
    'a picture': between(
      'vertex',
      [{ inlineData: { mimeType: 'image/png', data: picture }, thoughtSignature: 'c2ln' }],
      picture,
    ),
    'a picture among thoughts': between('vertex', [
      { inlineData: { mimeType: 'image/png', data: picture }, thought: true },
    ]),
    'code and its output': between('vertex', [
      { executableCode: { language: 'PYTHON', code: 'print("Grüße 🙂")' } },
      { codeExecutionResult: { outcome: 'OUTCOME_OK', output: 'Grüße 🙂' } },
    ]),
    'a search between calls': {
      parts: [
        ...toolCall(0),
        opaqueDelta('vertex', { toolCall: { toolType: 'GOOGLE_SEARCH_WEB', id: 'x' } }),
        ...toolCall(1),
        opaqueDelta('vertex', { toolResponse: { id: 'x' } }),
      ],
      back: [
        { type: 'tool-call', id: 'call_0', name: 'f', arguments: '{"a":1}' },
        opaque('vertex', { toolCall: { toolType: 'GOOGLE_SEARCH_WEB', id: 'x' } }),
        { type: 'tool-call', id: 'call_1', name: 'f', arguments: '{"a":1}' },
        opaque('vertex', { toolResponse: { id: 'x' } }),
      ],
      seen: '',
    },
    sound: between('vertex', [{ inlineData: { mimeType: 'audio/wav', data: 'UklGRg==' } }]),
  },
  sluice: { 'a part of a later version': between('sluice', [{ type: 'hologram', data: 'x' }]) },
};

const kinds: readonly (readonly [string, Kind])[] = [
  ...Object.entries(typed),
  ...Object.entries(vendors).flatMap(([dialect, rows]) =>
    Object.entries(rows).map(([name, kind]) => [`${dialect}: ${name}`, kind] as const),
  ),
];

interface Edge {
  readonly openAi: OpenAI;
  readonly anthropic: Anthropic;
  /** What the provider answers next. */
  answer(parts: readonly Content[]): void;
  /** What the answer's turn was in the last request: its parts, without the marks by which vendors know items. */
  lastTurn(): ContentPart[];
}

function start(t: TestContext): Edge {
  const { server, inference } = createTestEdge(t, { responses: createMemoryResponseStore(createSystemClock(), 1e9) });
  const connect = {
    apiKey: edgeKeys.first,
    maxRetries: 0,
    fetch: async (url: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
      const { pathname } = new URL(String(url));
      const headers = Object.fromEntries(new Headers(init.headers));
      const payload = String(init.body);
      const answer = await server.inject({ method: 'POST', url: pathname, headers, payload });
      const type = String(answer.headers['content-type']);
      return new Response(answer.body, { status: answer.statusCode, headers: { 'content-type': type } });
    },
  };
  return {
    openAi: new OpenAI({ ...connect, baseURL: 'http://edge/v1' }),
    anthropic: new Anthropic({ ...connect, baseURL: 'http://edge' }),
    answer(parts) {
      const [first, last] = textAnswer();
      assert.ok(first !== undefined && last !== undefined);
      inference.script = () => [first, ...parts, last];
    },
    lastTurn() {
      const request = inference.calls.at(-1)?.request as PredictRequest | undefined;
      const messages = request?.messages ?? [];
      const turn = messages.flatMap(({ role, content }) => (role === 'assistant' ? content.map(bare) : []));
      return turn.filter((part) => part.type !== 'text' || part.text !== '');
    },
  };
}

function bare(part: ContentPart): ContentPart {
  if (part.type === 'opaque' && part.value['type'] === 'custom_tool_call') {
    const { id: _, ...value } = part.value;
    return { ...part, value };
  }
  if (!('extra' in part)) return part;
  const { extra: _, ...others } = part;
  return others;
}

/** Asks, and then goes on from the answer in each way that there is. Returns the answer and the turns that came of it. */
type Conversation = (edge: Edge, stream: boolean, kind: Kind) => Promise<{ shown: unknown; turns: ContentPart[][] }>;

const question = { role: 'user' as const, content: 'q' };

const dialects = {
  async chat(edge, stream, kind) {
    const { completions } = edge.openAi.chat;
    edge.answer(kind.parts);
    const ask = { model: 'm', messages: [question] };
    const shown = stream ? await completions.stream(ask).finalChatCompletion() : await completions.create(ask);
    const message = shown.choices[0]?.message;
    assert.ok(message !== undefined);
    if (evaluationDataMissing === undefined && !stream) {
      openAiDocument().assertValid('CreateChatCompletionResponse', JSON.parse(JSON.stringify(shown)));
    }
    await completions.create({ model: 'm', messages: [question, message, question] });
    return { shown, turns: [edge.lastTurn().filter(({ type }) => type !== 'reasoning')] };
  },
  async messages(edge, stream, kind) {
    const { messages } = edge.anthropic;
    edge.answer(kind.parts);
    const ask = { model: 'm', max_tokens: 9, messages: [question] };
    const shown = stream ? await messages.stream(ask).finalMessage() : await messages.create(ask);
    await messages.create({ ...ask, messages: [question, { role: 'assistant', content: shown.content }, question] });
    return { shown, turns: [edge.lastTurn()] };
  },
  async responses(edge, stream, kind) {
    const { responses } = edge.openAi;
    edge.answer(kind.parts);
    const ask = { model: 'm', input: [question], include: ['reasoning.encrypted_content' as const] };
    const shown = stream ? await responses.stream(ask).finalResponse() : await responses.create(ask);
    if (evaluationDataMissing === undefined) {
      openAiDocument().assertValid('Response', JSON.parse(JSON.stringify({ ...shown, output_parsed: undefined })));
    }
    await responses.create({ model: 'm', input: [question], previous_response_id: shown.id });
    const kept = edge.lastTurn();
    const output = shown.output as OpenAI.Responses.ResponseInputItem[];
    await responses.create({ model: 'm', input: [question, ...output, question], store: false });
    return { shown, turns: [kept, edge.lastTurn()] };
  },
} satisfies Record<string, Conversation>;

type DialectName = keyof typeof dialects;

for (const [name, converse] of Object.entries(dialects) as [DialectName, Conversation][]) {
  for (const stream of [false, true]) {
    test(`answer parts: each is seen in ${name}, ${stream ? 'streamed' : 'whole'}, and comes back as it was`, async (t) => {
      const edge = start(t);
      for (const [label, kind] of kinds) {
        const { shown, turns } = await converse(edge, stream, kind);
        const isHidden = name === 'messages' && kind.seen === picture;
        assert.ok(isHidden || JSON.stringify(shown).includes(kind.seen), `${label} is not to be seen`);
        for (const turn of turns) assert.deepEqual(turn, kind.instead?.[name] ?? kind.back, label);
      }
    });
  }
}
