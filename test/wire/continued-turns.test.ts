// Recorded answers of Anthropic and Gemini, given to a caller of each dialect and sent back with the next turn: the vendor gets what it
// gave, in its order.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { partsOf } from '../../src/core/collect.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/core/json.ts';
import type { Message } from '../../src/core/message.ts';
import type { PredictRequest, PredictResponse } from '../../src/core/predict.ts';
import { parseMessagesRequest } from '../../src/edge/anthropic/parse-request.ts';
import { renderMessage } from '../../src/edge/anthropic/render-message.ts';
import { parseChatCall } from '../../src/edge/openai/parse-chat.ts';
import { renderChatCompletion } from '../../src/edge/openai/render-chat.ts';
import { OutputItems } from '../../src/edge/openai/responses/output-items.ts';
import { itemsToMessages } from '../../src/edge/openai/responses/parse-items.ts';
import { predictFromWire as fromAnthropic } from '../../src/providers/anthropic/from-wire.ts';
import { predictToWire as toAnthropic } from '../../src/providers/anthropic/to-wire.ts';
import { predictFromWire as fromGemini } from '../../src/providers/vertex/from-wire.ts';
import { predictToWire as toGemini } from '../../src/providers/vertex/to-wire.ts';
import { createFakeIds } from '../fixtures/fake-ids.ts';
import { quarterEstimator } from '../fixtures/quarter-estimator.ts';
import { evaluationDataMissing } from '../fixtures/upstream-calls.ts';
import { readRecordings, type Wire } from './recordings.ts';

type Dialect = 'messages' | 'responses' | 'chat';

const question = { role: 'user', content: 'q' };

/** The next request of a caller that sends the answer back. */
const goOn: Readonly<Record<Dialect, (answer: PredictResponse, model: string) => PredictRequest>> = {
  messages: (answer, model) => {
    const { content } = asJson(renderMessage(answer) as unknown as JsonObject);
    const messages = [question, { role: 'assistant', content }, question] as JsonValue;
    return parseMessagesRequest({ model, max_tokens: 9, messages }).request;
  },
  responses: (answer, model) => {
    const output = new OutputItems(createFakeIds(), () => {});
    for (const part of partsOf(answer)) if (part.type !== 'start' && part.type !== 'end') output.add(part);
    output.finish('completed');
    const items = output.items.map(asJson);
    const user: Message = { role: 'user', content: [{ type: 'text', text: 'q' }] };
    const messages = [user, ...itemsToMessages(items, (index) => `input[${index}]`), user];
    return { model, messages, sampling: {}, dialect: 'openai-responses' };
  },
  chat: (answer, model) => {
    const { choices } = JSON.parse(renderChatCompletion(answer)) as { choices: { message: JsonObject }[] };
    // How thoughts go back through chat completions is a matter of its own.
    const { reasoning_content: _, ...message } = choices[0]?.message ?? {};
    return parseChatCall({ model, messages: [question, message, question] }).request;
  },
};

function asJson(value: JsonObject): JsonObject {
  return JSON.parse(JSON.stringify(value)) as JsonObject;
}

/** A vendor: its answers, and what of a turn means something to it. */
interface Vendor {
  readonly name: string;
  readonly wire: Wire;
  readonly model: string;
  /** The pieces of an answer; undefined for a body that is none. */
  given(body: JsonObject): JsonValue | undefined;
  read(body: JsonObject): PredictResponse | Promise<PredictResponse>;
  /** The pieces of the answer's turn in a request. */
  turn(request: PredictRequest): JsonValue[];
  canonical(pieces: JsonValue): JsonValue[];
  /** What chat completions keep of a turn. */
  asChat(pieces: JsonValue[]): JsonValue[];
  /** True for pieces that no dialect but the vendor's has. */
  isSpecial(pieces: JsonValue[]): boolean;
}

const anthropicModel = 'claude-sonnet-4-5';
const geminiModel = 'gemini-2.5-flash';

function contextOf(model: string): Parameters<typeof fromAnthropic>[1] {
  const request: PredictRequest = { model, messages: [], sampling: {}, dialect: 'sluice' };
  const answer = { target: 'p/m', model, requestId: 'req_1', nowMs: 0, estimator: quarterEstimator };
  return { ...answer, request, downgrades: [], answerTool: undefined };
}

const anthropic: Vendor = {
  name: 'Anthropic',
  wire: 'messages',
  model: anthropicModel,
  given: ({ content }) => content,
  read: (body) => fromAnthropic(body, contextOf(anthropicModel)),
  turn(request) {
    const { messages } = toAnthropic(request, { model: anthropicModel, stream: false }).body;
    const turns = (messages as JsonObject[]).filter(({ role }) => role === 'assistant');
    assert.ok(turns.length <= 1, 'one turn');
    const content = turns[0]?.['content'] ?? [];
    return typeof content === 'string' ? [{ type: 'text', text: content }] : (content as JsonValue[]);
  },
  canonical: (pieces) => canonical(pieces) as JsonValue[],
  asChat(pieces) {
    const spoken = pieces.filter((piece) => !thoughts.has((piece as JsonObject)['type']));
    const texts = spoken.map((piece) => {
      const { citations: _, ...block } = piece as JsonObject;
      return block;
    });
    return callsLast(joinTexts(texts), ({ type }) => type === 'tool_use');
  },
  isSpecial: (pieces) => pieces.some((piece) => String((piece as JsonObject)['type']).endsWith('_tool_result')),
};

const thoughts: ReadonlySet<unknown> = new Set(['thinking', 'redacted_thinking']);

/** Thoughts do not go back to Google, and the ids of its calls are told apart by their names. */
const gemini: Vendor = {
  name: 'Gemini',
  wire: 'generate',
  model: geminiModel,
  given({ candidates }) {
    const [candidate] = Array.isArray(candidates) ? candidates : [];
    const content = isJsonObject(candidate) ? candidate['content'] : undefined;
    return isJsonObject(content) ? content['parts'] : undefined;
  },
  read: (body) => {
    const { request, ...context } = contextOf(geminiModel);
    return fromGemini(body, request, context, () => {
      throw new Error('a failure among the answers');
    });
  },
  turn(request) {
    const contents = toGemini(request, geminiModel, 'gemini').body['contents'] as JsonObject[];
    return contents.filter(({ role }) => role === 'model').flatMap(({ parts }) => parts as JsonValue[]);
  },
  canonical(pieces) {
    const said = (pieces as JsonObject[]).filter(({ thought, text }) => thought !== true || text === undefined);
    const parts = said.map(({ thought, functionCall: call, ...part }): JsonObject => {
      if (!isJsonObject(call)) return thought === true ? { ...part, thought } : part;
      return { ...part, functionCall: { name: call['name'] ?? '', args: call['args'] ?? {} } };
    });
    return joinTexts(parts.filter(({ text, thoughtSignature }) => text !== '' || thoughtSignature !== undefined));
  },
  asChat: (pieces) => pieces,
  isSpecial: (pieces) =>
    pieces.some((piece) => Object.keys(piece as JsonObject).some((name) => /^(?:inline|execut|code|tool)/.test(name))),
};

/** Without what means nothing: nulls, empty lists of citations, the direct caller, empty texts. */
function canonical(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(canonical).filter((entry) => !isJsonObject(entry) || entry['text'] !== '');
  if (!isJsonObject(value)) return value;
  const fields = Object.entries(value).filter(([name, inner]) => {
    const isEmpty = name === 'citations' && Array.isArray(inner) && inner.length === 0;
    return inner !== null && !isEmpty && !(name === 'caller' && isJsonObject(inner) && inner['type'] === 'direct');
  });
  return Object.fromEntries(fields.map(([name, inner]) => [name, canonical(inner)]));
}

/** Texts in a row as one, with the last value of each of their other fields. */
function joinTexts(pieces: readonly JsonObject[]): JsonObject[] {
  const joined: JsonObject[] = [];
  for (const piece of pieces) {
    const last = joined.at(-1);
    const isText = typeof piece['text'] === 'string' && typeof last?.['text'] === 'string';
    if (isText) joined[joined.length - 1] = { ...last, ...piece, text: `${last['text']}${piece['text']}` };
    else joined.push(piece);
  }
  return joined;
}

/** Chat completions have one text before all calls: what stands behind a call that is none of the caller's stays behind it. */
function callsLast(pieces: readonly JsonObject[], isCall: (piece: JsonObject) => boolean): JsonObject[] {
  const firstCall = pieces.findIndex(isCall);
  if (firstCall === -1) return [...pieces];
  const isText = ({ type }: JsonObject): boolean => type === 'text';
  const behind = pieces.slice(firstCall);
  const texts = joinTexts([...pieces.slice(0, firstCall), ...behind.filter(isText)]);
  return [...texts, ...behind.filter((piece) => !isText(piece))];
}

describe('continued turns', { skip: evaluationDataMissing ?? false }, () => {
  for (const vendor of [anthropic, gemini]) {
    for (const [dialect, next] of Object.entries(goOn)) {
      test(`continued turns: what ${vendor.name} gave comes back to it through ${dialect}`, async (t) => {
        const { answers, special } = await compare(vendor, next, dialect === 'chat');
        t.diagnostic(`${answers} answers, ${special} of them with parts that only the vendor has`);
        assert.ok(answers > 200 && special > 5);
      });
    }
  }
});

async function compare(
  vendor: Vendor,
  next: (answer: PredictResponse, model: string) => PredictRequest,
  isChat: boolean,
): Promise<{ answers: number; special: number }> {
  let answers = 0;
  let special = 0;
  for (const { wire, status, streamed, body, label } of readRecordings().recordings) {
    if (wire !== vendor.wire || status !== 200 || streamed || !body.trimStart().startsWith('{')) continue;
    const answer = JSON.parse(body) as JsonObject;
    const pieces = vendor.given(answer);
    if (!Array.isArray(pieces)) continue;
    const given = vendor.canonical(pieces);
    const turn = vendor.canonical(vendor.turn(next(await vendor.read(answer), vendor.model)));
    assert.deepEqual(isChat ? vendor.asChat(turn) : turn, isChat ? vendor.asChat(given) : given, label);
    answers += 1;
    if (vendor.isSpecial(given)) special += 1;
  }
  return { answers, special };
}
