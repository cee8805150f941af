// Hooks that would reach the tests of other files.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { processWideHooks } from './test-rules.ts';

test('test rules: hooks for each test outside a suite are found', () => {
  const text = `beforeEach(async () => {});\ntest('a: b', () => {});\nafterEach(() => {});`;
  assert.deepEqual(processWideHooks('a.test.ts', text), ['beforeEach', 'afterEach']);
});

test('test rules: hooks inside a suite, and those that run once, are fine', () => {
  const text = `before(() => {});\ndescribe('a', () => {\n  beforeEach(() => {});\n});\nafter(() => {});`;
  assert.deepEqual(processWideHooks('a.test.ts', text), []);
});
