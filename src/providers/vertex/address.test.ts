import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAddress, vertexAnthropicAddress } from './address.ts';

test('address: a project means Vertex, at the host of its location', () => {
  const at = (location?: string): string => createAddress({ project: 'p', location }).baseUrl;
  assert.equal(at(), 'https://aiplatform.googleapis.com/v1beta1');
  assert.equal(at('europe-west4'), 'https://europe-west4-aiplatform.googleapis.com/v1beta1');
  assert.equal(at('eu'), 'https://aiplatform.eu.rep.googleapis.com/v1beta1');
  assert.throws(() => at('evil.example/'), { reason: 'config_invalid' });
});

test('address: models of Vertex by name, publisher, endpoint or resource', () => {
  const { pathOf } = createAddress({ project: 'p', location: 'l' });
  const home = '/projects/p/locations/l';
  for (const [model, path] of [
    ['gemini-2.5-pro', `${home}/publishers/google/models/gemini-2.5-pro`],
    ['meta/llama-4-maas', `${home}/publishers/meta/models/llama-4-maas`],
    ['publishers/google/models/x', `${home}/publishers/google/models/x`],
    ['endpoints/123', `${home}/endpoints/123`],
    ['projects/q/locations/m/endpoints/1', '/projects/q/locations/m/endpoints/1'],
  ] as const) {
    assert.equal(pathOf(model, 'generateContent'), `${path}:generateContent`);
  }
});

test('address: without a project it is the Gemini API, or Vertex in express mode', () => {
  const gemini = createAddress({});
  assert.equal(gemini.api, 'gemini');
  assert.equal(gemini.baseUrl, 'https://generativelanguage.googleapis.com/v1beta');
  assert.equal(gemini.pathOf('gemini-2.5-pro', 'countTokens'), '/models/gemini-2.5-pro:countTokens');
  assert.equal(gemini.pathOf('tunedModels/mine', 'generateContent'), '/tunedModels/mine:generateContent');
  const express = createAddress({ baseUrl: 'https://aiplatform.googleapis.com/v1' });
  assert.equal(express.api, 'vertex');
  assert.equal(express.pathOf('gemini-2.5-pro', 'x'), '/publishers/google/models/gemini-2.5-pro:x');
});

test('address: a model’s name cannot leave its place nor name another method', () => {
  for (const { pathOf } of [createAddress({}), createAddress({ project: 'p' })]) {
    for (const model of ['../../files', 'a/../b', '', 'a//b', 'models/..']) {
      assert.throws(() => pathOf(model, 'generateContent'), { reason: 'model_not_found' }, model);
    }
    assert.match(pathOf('x:deleteAll?y=1#', 'generateContent'), /\/x%3AdeleteAll%3Fy%3D1%23:generateContent$/);
  }
});

test('address: Anthropic’s models have paths of their own', () => {
  const address = vertexAnthropicAddress({ project: 'p', location: 'us-east5' });
  assert.equal(address.baseUrl, 'https://us-east5-aiplatform.googleapis.com/v1');
  const home = '/projects/p/locations/us-east5/publishers/anthropic/models';
  assert.equal(address.messagesPath('claude-sonnet-4@20250514', false), `${home}/claude-sonnet-4@20250514:rawPredict`);
  assert.equal(address.messagesPath('claude-x', true), `${home}/claude-x:streamRawPredict`);
  assert.equal(address.countTokensPath, `${home}/count-tokens:rawPredict`);
});
