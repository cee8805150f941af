import assert from 'node:assert/strict';
import { test } from 'node:test';
import { featuresOf } from './model-features.ts';

test('model features: a version is read from every form of a name, a date is none', () => {
  const thinking = (model: string): string => featuresOf(model).thinking;
  for (const model of ['claude-2.1', 'claude-instant-1.2', 'claude-3-opus-20240229', 'claude-3-5-haiku-latest']) {
    assert.equal(thinking(model), 'none', model);
  }
  for (const model of [
    'claude-3-7-sonnet-20250219',
    'claude-sonnet-4-20250514',
    'claude-sonnet-4@20250514',
    'claude-sonnet-4-0',
    'claude-opus-4-1-20250805',
    'claude-haiku-4-5@20251001',
    'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
    'a-model-of-another-vendor',
  ]) {
    assert.equal(thinking(model), 'budget', model);
  }
  for (const model of ['claude-opus-4-6', 'claude-opus-4-8', 'claude-sonnet-5', 'claude-fable-5', 'claude-opus-12-1']) {
    assert.equal(thinking(model), 'adaptive', model);
  }
});

test('model features: structured outputs and sampling follow the version', () => {
  assert.equal(featuresOf('claude-sonnet-4-20250514').jsonSchema, false);
  assert.equal(featuresOf('claude-opus-4-1').jsonSchema, true);
  assert.equal(featuresOf('claude-haiku-4-5-20251001').jsonSchema, true);
  assert.deepEqual(
    ['claude-sonnet-4-0', 'claude-opus-4-1', 'claude-opus-4-7'].map((model) => featuresOf(model).sampling),
    ['any', 'one', 'none'],
  );
});
