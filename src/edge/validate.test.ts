import assert from 'node:assert/strict';
import { test } from 'node:test';
import Type from 'typebox';
import { SluiceError } from '../core/error.ts';
import { createBodyCheck } from './validate.ts';

const check = createBodyCheck(
  Type.Object({
    model: Type.String({ minLength: 1 }),
    items: Type.Optional(
      Type.Array(Type.Object({ kind: Type.Enum(['a', 'b']), 'odd/na~me': Type.Optional(Type.Number()) })),
    ),
    either: Type.Optional(Type.Union([Type.String(), Type.Array(Type.Object({ deep: Type.Boolean() }))])),
  }),
);

function complaint(body: unknown): [string | undefined, string] {
  try {
    check(body);
  } catch (thrown) {
    assert.ok(thrown instanceof SluiceError);
    assert.equal(thrown.reason, 'invalid_request');
    return [thrown.param, thrown.message];
  }
  return [undefined, ''];
}

test('validate: a good body is returned as it is, with fields that the schema does not name', () => {
  const body = { model: 'm', unknown: 1 };
  assert.equal(check(body), body);
});

test('validate: the path is written as clients write it', () => {
  assert.equal(complaint({ model: 'm', items: [{ kind: 'a' }, { kind: 'c' }] })[0], 'items[1].kind');
  assert.equal(complaint({ model: 'm', items: [{ kind: 'a', 'odd/na~me': 'x' }] })[0], 'items[0].odd/na~me');
  assert.equal(complaint({ model: 'm', items: [{}] })[0], 'items[0].kind');
  assert.deepEqual(complaint({}), ['model', "Missing required parameter: 'model'."]);
  assert.deepEqual(complaint([]), [undefined, 'Invalid value for the body: it must be object.']);
});

test('validate: of a union the member that fits best is explained', () => {
  assert.equal(complaint({ model: 'm', either: [{ deep: 1 }] })[0], 'either[0].deep');
  assert.deepEqual(complaint({ model: 'm', either: 1 }), [
    'either',
    "Invalid value for 'either': it must be string or must be array.",
  ]);
});

test('validate: allowed words are listed', () => {
  assert.match(complaint({ model: 'm', items: [{ kind: 'c' }] })[1], /must be one of "a", "b"/);
});
