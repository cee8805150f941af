// Which keys a section may have, read from the JSON Schema so that there is no second list.

import type { ConfigPath } from './path.ts';
import { configJsonSchema } from './schema.ts';
import { isSection, type Section } from './tree.ts';

/** The keys known at a path; empty where any name is allowed. `typeAt` tells the `type` that a section states, if any. */
export function knownKeysAt(path: ConfigPath, typeAt: (path: ConfigPath) => unknown): readonly string[] {
  let options: Section[] = [configJsonSchema()];
  for (const [depth, step] of path.entries()) {
    options = options.flatMap((schema) => alternatives(child(schema, step)));
    const stated = typeAt(path.slice(0, depth + 1));
    const matching = options.filter((schema) => constantType(schema) === stated);
    if (stated !== undefined && matching.length > 0) options = matching;
  }
  return options.flatMap(({ properties }) => (isSection(properties) ? Object.keys(properties) : []));
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

function constantType({ properties }: Section): unknown {
  const type = isSection(properties) ? properties['type'] : undefined;
  return isSection(type) ? type['const'] : undefined;
}
