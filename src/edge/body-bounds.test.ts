// What one body may ask for, in every dialect: at the bound it is answered, beyond it refused with the field and the bound.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestEdge, edgeKeys } from '../../test/fixtures/edge.ts';
import { formOf } from '../../test/fixtures/form.ts';
import type { JsonObject } from '../core/json.ts';
import * as anthropic from './anthropic/defaults.ts';
import { maxModelNameLength } from './defaults.ts';
import * as native from './native/defaults.ts';
import * as openAi from './openai/defaults.ts';
import { maxItemReferences } from './openai/responses/defaults.ts';

interface Bound {
  readonly path: string;
  readonly field: string;
  readonly most: number;
  /** A body that has this much of it. */
  readonly bodyOf: (size: number) => JsonObject;
}

const messages = [{ role: 'user', content: 'Hi' }];
const texts = (count: number): string[] => Array.from({ length: count }, () => 'a');
const name = (length: number): string => 'm'.repeat(length);

/** Every route whose body names a model. */
const modelBodies: Readonly<Record<string, JsonObject>> = {
  '/v1/chat/completions': { messages },
  '/v1/completions': { prompt: 'a' },
  '/v1/responses': { input: 'a' },
  '/v1/embeddings': { input: 'a' },
  '/v1/moderations': { input: 'a' },
  '/v1/messages': { messages, max_tokens: 1 },
  '/v1/messages/count_tokens': { messages },
  '/v1/rerank': { query: 'q', documents: ['d'] },
  '/v1/classify': { input: ['a'], labels: ['b'] },
};

const bounds: readonly Bound[] = [
  ...Object.entries(modelBodies).map(([path, body]) => ({
    path,
    field: 'model',
    most: maxModelNameLength,
    bodyOf: (size: number) => ({ ...body, model: name(size) }),
  })),
  {
    path: '/v1/completions',
    field: 'logprobs',
    most: openAi.maxCompletionLogprobs,
    bodyOf: (size) => ({ model: 'm', prompt: 'a', logprobs: size }),
  },
  {
    path: '/v1/rerank',
    field: 'documents',
    most: native.maxDocuments,
    bodyOf: (size) => ({ model: 'm', query: 'q', documents: texts(size) }),
  },
  {
    path: '/v1/classify',
    field: 'input',
    most: native.maxClassifyInputs,
    bodyOf: (size) => ({ model: 'm', input: texts(size) }),
  },
  {
    path: '/v1/classify',
    field: 'labels',
    most: native.maxLabels,
    bodyOf: (size) => ({ model: 'm', input: ['a'], labels: texts(size).map((label, at) => `${label}${at}`) }),
  },
];

for (const { path, field, most, bodyOf } of bounds) {
  test(`body bounds: ${path} takes ${field} up to its bound`, async (t) => {
    const { server } = createTestEdge(t);
    const headers = { authorization: `Bearer ${edgeKeys.first}` };
    const ask = (size: number) => server.inject({ method: 'POST', url: path, headers, payload: bodyOf(size) });
    const fits = await ask(most);
    assert.equal(fits.statusCode, 200, fits.body);
    const refused = await ask(most + 1);
    assert.equal(refused.statusCode, 400);
    assert.match(refused.body, new RegExp(`${field}.*\\b${most}\\b`));
  });
}

test('body bounds: a page of models has at most as many as Anthropic gives', async (t) => {
  const { server } = createTestEdge(t);
  const headers = { 'x-api-key': edgeKeys.first, 'anthropic-version': '2023-06-01' };
  const ask = (limit: number) => server.inject({ url: `/v1/models?limit=${limit}`, headers });
  assert.equal((await ask(anthropic.maxModelsPerPage)).statusCode, 200);
  const refused = await ask(anthropic.maxModelsPerPage + 1);
  assert.equal(refused.statusCode, 400);
  assert.match(refused.body, new RegExp(`limit.*\\b${anthropic.maxModelsPerPage}\\b`));
});

test('body bounds: a response refers to a bounded number of items', async (t) => {
  const { server } = createTestEdge(t);
  const references = (count: number) =>
    Array.from({ length: count }, (_, at) => ({ type: 'item_reference', id: `msg_${at}` }));
  const ask = (count: number) =>
    server.inject({
      method: 'POST',
      url: '/v1/responses',
      headers: { authorization: `Bearer ${edgeKeys.first}` },
      payload: { model: 'm', input: references(count) },
    });
  assert.match((await ask(maxItemReferences)).body, /Item with id 'msg_0' not found/);
  const refused = await ask(maxItemReferences + 1);
  assert.equal(refused.statusCode, 400);
  assert.match(refused.body, new RegExp(`more than ${maxItemReferences} items`));
});

test('body bounds: a form with a recording has bounded fields and one file', async (t) => {
  const { server } = createTestEdge(t);
  const { maxFields, maxFieldBytes, maxFiles } = openAi.transcriptionFormLimits;
  const file = ['file', new Blob(['RIFF....'], { type: 'audio/wav' }), 'note.wav'] as const;
  const ask = async (...fields: Parameters<typeof formOf>[0]) => {
    const { contentType, body } = await formOf([['model', 'whisper'], file, ...fields]);
    const headers = { authorization: `Bearer ${edgeKeys.first}`, 'content-type': contentType };
    return server.inject({ method: 'POST', url: '/v1/audio/transcriptions', headers, payload: body });
  };
  const keywords = (count: number) => Array.from({ length: count }, () => ['keywords[]', 'a'] as const);
  assert.equal((await ask(...keywords(maxFields - 1))).statusCode, 200);
  const refusals = [
    [await ask(...keywords(maxFields)), `more than ${maxFields} fields`],
    [await ask(['prompt', 'a'.repeat(maxFieldBytes + 1)]), `longer than ${maxFieldBytes} bytes`],
    [await ask(file), `more than ${maxFiles} files`],
  ] as const;
  for (const [answer, saying] of refusals) {
    assert.equal(answer.statusCode, 400);
    assert.match(answer.body, new RegExp(saying));
  }
});
