import assert from 'node:assert/strict';
import { test } from 'node:test';
import { joinCalls, joinFields } from './join-fields.ts';
import type { JsonObject } from './json.ts';

test('joined fields: texts and lists grow, objects are joined, anything else is replaced', () => {
  const pieces: JsonObject[] = [
    { text: 'a', list: [1], deep: { text: 'x', list: [{ a: 1 }] }, count: 1 },
    { text: 'b', list: [2], deep: { text: 'y', list: [{ b: 2 }] }, count: 2, late: null },
  ];
  const before = structuredClone(pieces);
  const joined: JsonObject = {};
  for (const piece of pieces) joinFields(joined, piece);
  assert.deepEqual(joined, {
    text: 'ab',
    list: [1, 2],
    deep: { text: 'xy', list: [{ a: 1 }, { b: 2 }] },
    count: 2,
    late: null,
  });
  assert.deepEqual(pieces, before, 'the pieces are not changed');
});

test('joined fields: names that every object inherits are fields like any other', () => {
  const piece: JsonObject = JSON.parse(
    '{"__proto__":{"seen":"a"},"constructor":{"seen":"b"},"in":{"__proto__":{"seen":"c"}}}',
  );
  const joined: JsonObject = {};
  joinFields(joined, piece);
  joinFields(joined, piece);
  assert.equal(({} as { seen?: unknown }).seen, undefined, 'no prototype was changed');
  assert.equal(
    JSON.stringify(joined),
    '{"__proto__":{"seen":"aa"},"constructor":{"seen":"bb"},"in":{"__proto__":{"seen":"cc"}}}',
  );
});

test('joined calls: a piece goes to the call of its number, none of whose fields it replaces', () => {
  const calls: JsonObject[] = [{ id: 'a', type: 'function' }];
  joinCalls(calls, [{ index: 0, type: 'never', extra: 1 }, { index: 0, id: 'b' }, 'no call', { index: 9, id: 'c' }]);
  joinCalls(calls, 'no list');
  assert.deepEqual(calls, [{ id: 'a', type: 'function', extra: 1 }, { id: 'b' }, { id: 'c' }]);
});
