// Fields that Sluice has no name for, as local models take them: which ask for nothing, which may be left out, and which are
// refused because leaving them out would change the answer.

import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { bodyHints } from '../translation/hints.ts';
import { echoes } from '../translation/request-translation.ts';
import { asksNothing, type VoidValues } from '../translation/void-values.ts';
import { isPresent } from '../translation/wire-values.ts';

/** Hints of every body, and those of thought and style: they change no fact of an answer. Left out and reported. */
const hints: ReadonlySet<string> = new Set([
  ...bodyHints,
  'output_config', // Anthropic: how much effort.
  'reasoning', // Responses API: no local model reasons.
  'thinking',
  'verbosity',
]);

const isVoid: VoidValues = {
  return_documents: (value) => value === false,
  thinking: (value) => isJsonObject(value) && value['type'] === 'disabled',
};

/** What tells an item of the Responses API from others. */
const identities: ReadonlySet<string> = new Set(['phase', 'type']);

/** Fields of messages and parts that only help a vendor's cache or name a source. */
const partHints: ReadonlySet<string> = new Set([
  'annotations',
  'cache_control',
  'citations',
  'prompt_cache_breakpoint',
]);

/** What becomes of one request: which of its fields were left out, and whose refusal it is to take others. */
export interface FieldsLost {
  /** Notes that a field was left out. */
  downgrade(field: string): void;
  /** The error for a field that cannot be left out. */
  refuse(what: string, param: string): Error;
}

/** Goes through the unknown fields of a request. Those of `known` are read elsewhere. */
export function settleFields(extra: JsonObject | undefined, known: ReadonlySet<string>, lost: FieldsLost): void {
  for (const [name, value] of Object.entries(extra ?? {})) {
    if (known.has(name) || asksNothing(name, value, isVoid)) continue;
    if (!hints.has(name)) throw lost.refuse(`honour the field \`${name}\``, name);
    lost.downgrade(name);
  }
}

/** Where a message or a part is, and whether it is of an answer that a client sends back: of such nothing is refused. */
export interface SpokenPlace {
  readonly path: string;
  readonly isAnswer: boolean;
}

/** The same for a message or a part. */
export function settlePartFields(
  extra: JsonObject | undefined,
  { path, isAnswer }: SpokenPlace,
  lost: FieldsLost,
): void {
  for (const [name, value] of Object.entries(extra ?? {})) {
    if (value === null || echoes.has(name) || identities.has(name)) continue;
    // Client libraries send fields of answers that have nothing in them: `annotations: []`.
    if (isAnswer && !isPresent(value)) continue;
    if (!isAnswer && !partHints.has(name)) throw lost.refuse(`honour the field \`${name}\``, `${path}.${name}`);
    lost.downgrade(name);
  }
}
