// What one answer may make this provider hold.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../../core/json.ts';
import { maxExtraFields } from '../translation/defaults.ts';
import { collectExtra } from './answer-fields.ts';

test('bounds: of the fields without a name a bounded number is kept, each with its last value', () => {
  const kept: JsonObject = {};
  for (const value of [1, 2]) {
    collectExtra(
      kept,
      Object.fromEntries(Array.from({ length: maxExtraFields + 10 }, (_, number) => [`field_${number}`, value])),
    );
  }
  assert.deepEqual([Object.keys(kept).length, kept['field_0']], [maxExtraFields, 2]);
});
