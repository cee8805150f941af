import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../../core/json.ts';
import { closedSchema } from './schema-to-wire.ts';

test('schema: objects are closed at every depth, and property names are no keywords', () => {
  const schema: JsonObject = {
    type: 'object',
    properties: {
      minimum: { type: 'string', format: 'date' },
      list: { type: 'array', minItems: 1, items: { anyOf: [{ $ref: '#/$defs/a' }, { type: 'null' }] } },
    },
    $defs: { a: { type: 'object', properties: { b: { enum: ['x'] } }, required: ['b'] } },
  };
  assert.deepEqual(closedSchema(schema), {
    type: 'object',
    properties: schema['properties'],
    $defs: { a: { type: 'object', properties: { b: { enum: ['x'] } }, required: ['b'], additionalProperties: false } },
    additionalProperties: false,
  });
});

test('schema: what constrained decoding refuses is not taken', () => {
  const refused: JsonObject[] = [
    { type: 'number', minimum: 0 },
    { type: 'string', pattern: '^a' },
    { type: 'string', format: 'iban' },
    { type: 'array', minItems: 2 },
    { type: 'object', additionalProperties: true },
    { type: 'object', properties: { a: { type: 'object', additionalProperties: { type: 'string' } } } },
    { anyOf: [{ not: {} }] },
    { $ref: 'https://example.com/schema' },
    { $ref: '#' },
    {
      $ref: '#/$defs/a',
      $defs: { a: { properties: { next: { $ref: '#/$defs/b' } } }, b: { items: { $ref: '#/$defs/a' } } },
    },
    { properties: { a: true } },
  ];
  for (const schema of refused) assert.equal(closedSchema(schema), undefined, JSON.stringify(schema));
});

test('schema: a definition that is used twice is not one that leads back to itself', () => {
  const schema = {
    properties: { a: { $ref: '#/$defs/x' }, b: { $ref: '#/$defs/x' } },
    $defs: { x: { type: 'string' } },
  };
  assert.ok(closedSchema(schema));
});
