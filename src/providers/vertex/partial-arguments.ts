// The arguments of one call that Google streams as values at paths (`partialArgs`), put together to one JSON object.

import { upstreamMalformed } from '../../core/error.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import { objectOf, strictListOf } from '../translation/wire-values.ts';
import { maxArgumentsLength, maxListIndex, maxPathSteps } from './defaults.ts';

/** Arguments as far as they are known. What is wrong in a piece throws `upstream_malformed`. */
export class PartialArguments {
  /** Without a prototype, like all objects below it: the model chooses the names of the fields. */
  readonly #root: JsonObject = emptyObject();
  #length: number = 0;

  /** Adds the pieces of one `partialArgs`. Text at a path that has text already is appended: Google sends long text so. */
  add(pieces: JsonValue | undefined): void {
    for (const item of strictListOf(pieces, 'partialArgs')) {
      const piece = objectOf(item);
      const path = piece?.['jsonPath'];
      if (piece === undefined || typeof path !== 'string') throw upstreamMalformed('a piece of arguments has no path');
      const value = pieceValue(piece);
      this.#length += path.length + (typeof value === 'string' ? value.length : 8);
      if (this.#length > maxArgumentsLength)
        throw upstreamMalformed(`arguments of more than ${maxArgumentsLength} characters`);
      if (value !== undefined) setAt(this.#root, stepsOf(path), value);
    }
  }

  /** Sets whole fields, which Google may send beside pieces. */
  merge(fields: JsonObject): void {
    Object.assign(this.#root, fields);
  }

  /** The object as JSON text. */
  toJson(): string {
    return JSON.stringify(this.#root);
  }
}

const valueTypes = [
  ['stringValue', 'string'],
  ['numberValue', 'number'],
  ['boolValue', 'boolean'],
] as const;

/** Undefined for a piece that only says that its path continues. */
function pieceValue(piece: JsonObject): JsonValue | undefined {
  for (const [field, type] of valueTypes) {
    const value = piece[field];
    if (value === undefined) continue;
    if (typeof value !== type) throw upstreamMalformed(`the ${field} of a piece of arguments is no ${type}`);
    return value;
  }
  return 'nullValue' in piece ? null : undefined;
}

type Step = string | number;

/** `$.a.b[0].c`, `$['a b']`, `$["a"]`: the part of JSONPath (RFC 9535) that names one place. */
function stepsOf(path: string): Step[] {
  const steps: Step[] = [];
  const pattern = /\.([^.[\]]+)|\[(\d+)\]|\[(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\]/gy;
  pattern.lastIndex = path.startsWith('$') ? 1 : 0;
  let end = pattern.lastIndex;
  for (let match = pattern.exec(path); match !== null; match = pattern.exec(path)) {
    end = pattern.lastIndex;
    const [, name, index, single, double] = match;
    if (index !== undefined) steps.push(Number(index));
    else steps.push(name ?? (single ?? double ?? '').replace(/\\(.)/gs, '$1'));
  }
  if (end !== path.length || steps.length === 0 || steps.length > maxPathSteps)
    throw upstreamMalformed('a path of arguments');
  return steps;
}

function setAt(root: JsonObject, steps: readonly Step[], value: JsonValue): void {
  let place: JsonObject | JsonValue[] = root;
  for (let depth = 0; depth + 1 < steps.length; depth += 1) {
    const known: JsonValue | undefined = read(place, steps[depth]);
    const isContainer = Array.isArray(known) || isJsonObject(known);
    const next: JsonObject | JsonValue[] = isContainer
      ? known
      : typeof steps[depth + 1] === 'number'
        ? []
        : emptyObject();
    if (!isContainer) write(place, steps[depth], next);
    place = next;
  }
  const last = steps.at(-1);
  const before = read(place, last);
  write(place, last, typeof before === 'string' && typeof value === 'string' ? before + value : value);
}

function read(place: JsonObject | JsonValue[], step: Step | undefined): JsonValue | undefined {
  if (Array.isArray(place)) return typeof step === 'number' ? place[step] : undefined;
  return place[String(step)];
}

function write(place: JsonObject | JsonValue[], step: Step | undefined, value: JsonValue): void {
  if (!Array.isArray(place)) place[String(step)] = value;
  else if (typeof step === 'number' && step <= maxListIndex) {
    while (place.length < step) place.push(null);
    place[step] = value;
  } else throw upstreamMalformed('a place in a list of arguments');
}

function emptyObject(): JsonObject {
  return Object.create(null) as JsonObject;
}
