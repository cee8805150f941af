// Which keys a section may have, read from the JSON Schema so that there is no second list.

import type { ConfigPath } from './path.ts';
import { configJsonSchema } from './schema.ts';
import { isSection, type Section } from './tree.ts';

/** Keys whose value says which of several forms a section has. */
const discriminators = ['type', 'task'] as const;

/** The keys known at a path; empty where any name is allowed. `written` tells what is written at a path, if anything is. */
export function knownKeysAt(path: ConfigPath, written: (path: ConfigPath) => unknown): readonly string[] {
  let options: Section[] = [configJsonSchema()];
  for (const [depth, step] of path.entries()) {
    options = options.flatMap((schema) => alternatives(child(schema, step)));
    const section = written(path.slice(0, depth + 1));
    if (!isSection(section)) continue;
    for (const key of discriminators) {
      const matching = options.filter((schema) => constantAt(schema, key) === section[key]);
      if (section[key] !== undefined && matching.length > 0) options = matching;
    }
  }
  const keys = options.flatMap(({ properties }) => (isSection(properties) ? Object.keys(properties) : []));
  return [...new Set(keys)];
}

function child({ properties, additionalProperties, items }: Section, step: string | number): unknown {
  if (typeof step === 'number') return items;
  return isSection(properties) && Object.hasOwn(properties, step) ? properties[step] : additionalProperties;
}

function alternatives(schema: unknown): Section[] {
  if (!isSection(schema)) return [];
  const inner = schema['anyOf'] ?? schema['oneOf'];
  return Array.isArray(inner) ? inner.flatMap(alternatives) : [schema];
}

function constantAt({ properties }: Section, key: string): unknown {
  const value = isSection(properties) ? properties[key] : undefined;
  return isSection(value) ? value['const'] : undefined;
}
