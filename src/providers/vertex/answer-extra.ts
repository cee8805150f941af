// The fields of an answer that Sluice has no name for, collected over all its chunks for `end.extra`.

import type { JsonObject, JsonValue } from '../../core/json.ts';
import { keepField } from '../translation/extra-fields.ts';
import { isPresent, objectOf } from '../translation/wire-values.ts';
import { maxListEntries } from './defaults.ts';

/** Fields of a chunk that are read elsewhere. */
const answerFields: ReadonlySet<string> = new Set([
  'candidates',
  'createTime',
  'error',
  'modelVersion',
  'responseId',
  'usageMetadata',
]);

/** Fields of a candidate that are read elsewhere. */
const candidateFields: ReadonlySet<string> = new Set(['content', 'finishReason', 'index', 'logprobsResult']);

/**
 * Grounding, citations, safety ratings, the feedback on the prompt, and whatever comes next: under their own names, the last
 * value of each. Citations are the exception: every chunk brings those of its own text, so their lists are joined.
 */
export class AnswerExtra {
  readonly #fields: JsonObject = {};

  /** Adds the fields of one chunk. */
  addChunk(chunk: JsonObject): void {
    for (const name in chunk) if (!answerFields.has(name)) this.#keep(name, chunk[name]);
  }

  /** Adds the fields of one candidate. */
  addCandidate(candidate: JsonObject): void {
    for (const name in candidate) if (!candidateFields.has(name)) this.#keep(name, candidate[name]);
  }

  /** Notes one field. */
  set(name: string, value: JsonValue): void {
    this.#keep(name, value);
  }

  /** All of them; undefined when there are none. */
  get fields(): JsonObject | undefined {
    return isPresent(this.#fields) ? this.#fields : undefined;
  }

  #keep(name: string, value: JsonValue | undefined): void {
    const known = name === 'citationMetadata' ? objectOf(this.#fields[name]) : undefined;
    const next = known === undefined ? undefined : objectOf(value);
    const joined = known === undefined || next === undefined ? value : joinLists(known, next);
    keepField(this.#fields, name, joined);
  }
}

function joinLists(known: JsonObject, next: JsonObject): JsonObject {
  const joined: JsonObject = { ...known };
  for (const [name, value] of Object.entries(next)) {
    const before = joined[name];
    const isList = Array.isArray(before) && Array.isArray(value);
    joined[name] = isList ? [...before, ...value].slice(0, maxListEntries) : value;
  }
  return joined;
}
