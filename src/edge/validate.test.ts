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
  assert.deepEqual(complaint([]), [undefined, 'Invalid value for the body: it must be an object.']);
});

test('validate: of a union the member that fits best is explained', () => {
  assert.equal(complaint({ model: 'm', either: [{ deep: 1 }] })[0], 'either[0].deep');
  assert.deepEqual(complaint({ model: 'm', either: 1 }), [
    'either',
    "Invalid value for 'either': it must be a string or a list.",
  ]);
});

test('validate: allowed words are listed', () => {
  assert.match(complaint({ model: 'm', items: [{ kind: 'c' }] })[1], /must be one of "a", "b"/);
});

test('validate: what is wanted is told in plain words, and null is not offered', () => {
  const wording = createBodyCheck(
    Type.Object({
      list: Type.Optional(Type.Union([Type.String({ minLength: 1 }), Type.Array(Type.String(), { minItems: 1 })])),
      few: Type.Optional(Type.Union([Type.Array(Type.String(), { maxItems: 4 }), Type.Null()])),
      count: Type.Optional(Type.Union([Type.Integer({ minimum: 1, maximum: 20 }), Type.Null()])),
      flag: Type.Optional(Type.Union([Type.Boolean(), Type.Null()])),
      word: Type.Optional(Type.Union([Type.Literal('auto'), Type.Object({})])),
      name: Type.Optional(Type.String({ minLength: 2, maxLength: 3 })),
      labels: Type.Optional(Type.Array(Type.String(), { uniqueItems: true })),
    }),
  );
  const cases: readonly [body: object, wanted: string][] = [
    [{ list: [] }, 'a string or a list of at least 1 item'],
    [{ list: '' }, 'a string that is not empty or a list'],
    [{ few: ['a', 'b', 'c', 'd', 'e'] }, 'a list of at most 4 items'],
    [{ count: 0 }, 'at least 1'],
    [{ count: 21 }, 'at most 20'],
    [{ count: 1.5 }, 'a whole number'],
    [{ flag: 'yes' }, 'true or false'],
    [{ word: 'always' }, '"auto" or an object'],
    [{ name: 'a' }, 'a string of at least 2 characters'],
    [{ name: 'abcd' }, 'a string of at most 3 characters'],
    [{ labels: ['a', 'a'] }, 'a list without repetitions'],
  ];
  for (const [body, wanted] of cases) {
    const [field] = Object.keys(body);
    assert.throws(() => wording(body), { message: `Invalid value for '${field}': it must be ${wanted}.` });
  }
});
