// Which JSON Schemas Anthropic's constrained decoding takes, and a schema of another dialect in the form that it takes.

import { entryOf, isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';

/**
 * Keywords that constrained decoding refuses, by Anthropic's page on structured outputs. `pattern` is taken in part only, so
 * it is here too.
 */
const refused: ReadonlySet<string> = new Set([
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'pattern',
  'maxItems',
  'uniqueItems',
  'contains',
  'prefixItems',
  'patternProperties',
  'propertyNames',
  'minProperties',
  'maxProperties',
  'dependentSchemas',
  'dependentRequired',
  'unevaluatedProperties',
  'not',
  'if',
  'then',
  'else',
  'oneOf',
]);

const formats: ReadonlySet<JsonValue> = new Set([
  'date-time',
  'time',
  'date',
  'duration',
  'email',
  'hostname',
  'uri',
  'ipv4',
  'ipv6',
  'uuid',
]);

/** Keywords whose value is an object of schemas. */
const maps: ReadonlySet<string> = new Set(['properties', '$defs', 'definitions']);
/** Keywords whose value is a schema or a list of schemas. */
const nested: ReadonlySet<string> = new Set(['items', 'anyOf', 'allOf']);

/**
 * The schema with `additionalProperties: false` on every object that says nothing of them, as Anthropic demands (what fits it
 * fits the original too); undefined when it has something that constrained decoding refuses: bounds of numbers and lengths,
 * objects that are open on purpose, references to itself or elsewhere.
 */
export function closedSchema(schema: JsonObject): JsonObject | undefined {
  if (isRecursive(schema)) return undefined;
  return close(schema);
}

function close(schema: JsonObject): JsonObject | undefined {
  const closed: JsonObject = {};
  for (const [name, value] of Object.entries(schema)) {
    if (!isTaken(name, value)) return undefined;
    const inner = maps.has(name) ? closeMap(value) : nested.has(name) ? closeNested(value) : value;
    if (inner === undefined) return undefined;
    closed[name] = inner;
  }
  const isObject = schema['type'] === 'object' || isJsonObject(schema['properties']);
  if (isObject) closed['additionalProperties'] = false;
  return closed;
}

function isTaken(name: string, value: JsonValue): boolean {
  if (name === 'additionalProperties') return value === false;
  if (name === 'minItems') return value === 0 || value === 1;
  if (name === 'format') return formats.has(value);
  if (name === '$ref') return typeof value === 'string' && value.startsWith('#/');
  return !refused.has(name);
}

function closeMap(value: JsonValue): JsonValue | undefined {
  if (!isJsonObject(value)) return undefined;
  const closed: JsonObject = {};
  for (const [name, schema] of Object.entries(value)) {
    const inner = closeNested(schema);
    if (inner === undefined) return undefined;
    closed[name] = inner;
  }
  return closed;
}

function closeNested(value: JsonValue): JsonValue | undefined {
  if (isJsonObject(value)) return close(value);
  if (!Array.isArray(value)) return undefined;
  const closed: JsonValue[] = [];
  for (const schema of value) {
    const inner = isJsonObject(schema) ? close(schema) : undefined;
    if (inner === undefined) return undefined;
    closed.push(inner);
  }
  return closed;
}

/** True when a definition leads back to itself. Each definition is looked through once, whatever refers to it. */
function isRecursive(root: JsonObject): boolean {
  const clear = new Set<string>();
  const open = new Set<string>();
  const leadsBack = (value: JsonValue): boolean => {
    if (Array.isArray(value)) return value.some(leadsBack);
    if (!isJsonObject(value)) return false;
    const ref = value['$ref'];
    if (typeof ref === 'string' && refLeadsBack(ref)) return true;
    return Object.entries(value).some(
      ([name, inner]) => name !== '$defs' && name !== 'definitions' && leadsBack(inner),
    );
  };
  const refLeadsBack = (ref: string): boolean => {
    if (ref === '#' || open.has(ref)) return true;
    if (clear.has(ref)) return false;
    open.add(ref);
    const found = leadsBack(definitionAt(root, ref) ?? null);
    open.delete(ref);
    clear.add(ref);
    return found;
  };
  return leadsBack(root);
}

/** The value at a JSON pointer of the form `#/a/b` (RFC 6901). */
function definitionAt(root: JsonObject, ref: string): JsonValue | undefined {
  let at: JsonValue | undefined = root;
  for (const step of ref.split('/').slice(1)) {
    at = isJsonObject(at) ? entryOf(at, step.replaceAll('~1', '/').replaceAll('~0', '~')) : undefined;
  }
  return at;
}
