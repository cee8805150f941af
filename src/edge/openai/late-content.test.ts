import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openAiDocument } from '../../../test/fixtures/openapi.ts';
import { evaluationDataMissing } from '../../../test/fixtures/upstream-calls.ts';
import { ResponseCollector } from '../../core/collect.ts';
import type { JsonObject } from '../../core/json.ts';
import type { AnswerPart } from '../../core/predict.ts';
import { createChatStreamEncoder } from './chat-stream.ts';
import { maxLateCharacters } from './defaults.ts';
import { LateContent } from './late-content.ts';
import { renderChatCompletion } from './render-chat.ts';

const start: AnswerPart = { type: 'start', id: 'c', model: 'm', target: 'p/m', createdAtMs: 0, attempts: 1 };
const end: AnswerPart = {
  type: 'end',
  finishReason: 'stop',
  usage: { inputTokens: 1, outputTokens: 1, source: 'engine' },
};

/** The message of the whole answer, and the deltas of its stream. */
function shown(content: readonly AnswerPart[]): { message: JsonObject; deltas: JsonObject[] } {
  const parts = [start, ...content, end];
  const collector = new ResponseCollector();
  for (const part of parts) collector.add(part);
  const whole = JSON.parse(renderChatCompletion(collector.finish()));
  if (evaluationDataMissing === undefined) openAiDocument().assertValid('CreateChatCompletionResponse', whole);
  const encoder = createChatStreamEncoder(false, 'req_1');
  const events = parts.map((part) => encoder.encode(part)).join('');
  const deltas = events
    .split('\n\n')
    .filter((event) => event.startsWith('data: {'))
    .map((event) => JSON.parse(event.slice('data: '.length)).choices[0].delta);
  return { message: whole.choices[0].message, deltas };
}

const flat = { type: 'url_citation', url: 'https://a.example', title: 'A', start_index: 1, end_index: 3 };
const found = {
  type: 'web_search_result_location',
  url: 'https://b.example',
  title: null,
  cited_text: 'c',
  encrypted_index: 'e',
};
const page = { type: 'page_location', cited_text: 'p', document_index: 0 };
const nested = { type: 'url_citation', url_citation: { url: 'u', title: 't', start_index: 0, end_index: 9 } };

test('late content: citations of pages have chat’s form, at their places in the message', () => {
  const { message, deltas } = shown([
    { type: 'text-delta', text: 'First. ' },
    { type: 'text-delta', text: 'Second', startsBlock: true, annotations: [flat, found] },
    { type: 'text-delta', text: '.', annotations: [page] },
    { type: 'text-delta', text: ' Third.', startsBlock: true, annotations: [nested] },
  ]);
  const { type, url, title, ...others } = found;
  const annotations = [
    { type: 'url_citation', url_citation: { url: 'https://a.example', title: 'A', start_index: 8, end_index: 10 } },
    {
      ...{ cited_text: others.cited_text, encrypted_index: others.encrypted_index, provider_type: type },
      type: 'url_citation',
      url_citation: { url, title: title ?? '', start_index: 7, end_index: 14 },
    },
    nested,
  ];
  assert.deepEqual([message['annotations'], message['citations']], [annotations, [page]]);
  assert.deepEqual(deltas.at(-2), { annotations, citations: [page] }, 'in one delta, behind the text');
  assert.deepEqual(deltas.at(-1), {});
});

test('late content: what comes between two texts ends the block that a citation speaks of', () => {
  const search: AnswerPart = { type: 'opaque-delta', dialect: 'anthropic', value: { type: 'server_tool_use' } };
  const { message, deltas } = shown([
    { type: 'text-delta', text: 'Look: ', annotations: [found] },
    search,
    { type: 'text-delta', text: 'found.', annotations: [found] },
  ]);
  const places = (message['annotations'] as JsonObject[]).map(({ url_citation: citation }) => {
    const { start_index: from, end_index: to } = citation as JsonObject;
    return [from, to];
  });
  assert.deepEqual(places, [
    [0, 6],
    [6, 12],
  ]);
  assert.deepEqual(deltas.at(-2)?.['annotations'], message['annotations']);
  assert.deepEqual(message['provider_content'], [
    { dialect: 'anthropic', offset: 6, value: { type: 'server_tool_use' } },
  ]);
});

test('late content: pictures go out at once, numbered; what only tells of progress is no content', () => {
  const picture = (data: string): AnswerPart => ({
    type: 'opaque-delta',
    dialect: 'vertex',
    value: { inlineData: { mimeType: 'image/png', data } },
  });
  const progress: AnswerPart = {
    type: 'opaque-delta',
    dialect: 'openai-responses',
    value: { type: 'response.web_search_call.searching' },
    isNotice: true,
  };
  const { message, deltas } = shown([
    picture('QQ=='),
    progress,
    { type: 'text-delta', text: 'There.' },
    picture('Qg=='),
  ]);
  const entry = (index: number, url: string, offset: number): JsonObject => ({
    type: 'image_url',
    image_url: { url },
    index,
    provider_content: { dialect: 'vertex', offset, value: { inlineData: { mimeType: 'image/png' } } },
  });
  const images = [entry(0, 'data:image/png;base64,QQ==', 0), entry(1, 'data:image/png;base64,Qg==', 6)];
  assert.deepEqual(message['images'], images);
  assert.deepEqual(deltas.slice(1), [{ images: [images[0]] }, { content: 'There.' }, { images: [images[1]] }, {}]);
  assert.equal(message['provider_content'], undefined);
});

test('late content: lists of fields without a name grow, where an answer brings them in pieces', () => {
  const details = (text: string): AnswerPart => ({
    type: 'opaque-delta',
    dialect: 'openai',
    value: { reasoning_details: [{ text }] },
  });
  const { message } = shown([details('a'), details('b')]);
  assert.deepEqual(message['reasoning_details'], [{ text: 'a' }, { text: 'b' }]);
});

test('late content: what is held back is bounded', () => {
  const late = new LateContent();
  const value = { type: 'x', data: 'y'.repeat(maxLateCharacters / 2) };
  late.carry({ dialect: 'anthropic', value });
  assert.throws(() => late.carry({ dialect: 'anthropic', value }), { reason: 'upstream_malformed' });
});
