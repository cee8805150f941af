import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { configJsonSchema } from './schema.ts';
import { isSection, type Section } from './tree.ts';

test('config schema: docs/sluice.schema.json is what the code says (`sluice config schema` prints it)', () => {
  const file = new URL('../../docs/sluice.schema.json', import.meta.url);
  assert.ok(existsSync(file), 'docs/sluice.schema.json is missing');
  assert.deepEqual(JSON.parse(readFileSync(file, 'utf8')), configJsonSchema());
});

test('config schema: every key is described, and no section takes unknown keys', () => {
  const undescribed: string[] = [];
  const open: string[] = [];
  const visit = (schema: unknown, path: string): void => {
    if (!isSection(schema)) return;
    const { properties, additionalProperties, items } = schema;
    for (const form of [schema['anyOf'], schema['oneOf']].flat()) visit(form, path);
    if (isSection(properties)) {
      if (additionalProperties !== false) open.push(path);
      for (const [key, inner] of Object.entries(properties)) {
        if (!isDescribed(inner) && key !== 'type' && key !== 'secret') undescribed.push(`${path}.${key}`);
        visit(inner, `${path}.${key}`);
      }
    } else visit(additionalProperties, `${path}.*`);
    visit(items, `${path}[]`);
  };
  visit(configJsonSchema(), '');
  assert.deepEqual(open, []);
  assert.deepEqual(undescribed, []);
});

function isDescribed(schema: unknown): boolean {
  return isSection(schema) && typeof (schema as Section)['description'] === 'string';
}
