// Fields that Sluice has no name for, as local models take them: which ask for nothing, which may be left out, and which are
// refused because leaving them out would change the answer.

import { entryOf, isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';

/** Accounting, caching, storage, speed and style: they change no fact of an answer. Left out and reported. */
const hints: ReadonlySet<string> = new Set([
  'anthropic_beta', // A header of Anthropic's; what a feature needs beside it has fields of its own.
  'background',
  'cache_control',
  'client_metadata',
  'include',
  'max_tool_calls', // There are no tools to call.
  'metadata',
  'output_config', // Anthropic: how much effort.
  'prediction',
  'prompt_cache_key',
  'prompt_cache_options',
  'prompt_cache_retention',
  'reasoning', // Responses API: no local model reasons.
  'safety_identifier',
  'service_tier',
  'store',
  'thinking',
  'truncation',
  'user',
  'verbosity',
]);

const isEmpty = (value: JsonValue): boolean =>
  Array.isArray(value) ? value.length === 0 : isJsonObject(value) && Object.keys(value).length === 0;

/** Values that ask for what happens anyway. */
const isVoid: Readonly<Record<string, (value: JsonValue) => boolean>> = {
  background: (value) => value === false,
  best_of: (value) => value === 1,
  echo: (value) => value === false,
  include: isEmpty,
  logit_bias: isEmpty,
  metadata: isEmpty,
  modalities: (value) => Array.isArray(value) && value.every((item) => item === 'text'),
  n: (value) => value === 1,
  return_documents: (value) => value === false,
  service_tier: (value) => value === 'auto',
  store: (value) => value === false,
  stream: () => true,
  stream_options: () => true, // How the stream is framed is the edge's business.
  thinking: (value) => isJsonObject(value) && value['type'] === 'disabled',
  truncation: (value) => value === 'disabled',
};

/** True for null and for a value that asks for what happens anyway. */
function asksNothing(name: string, value: JsonValue): boolean {
  return value === null || entryOf(isVoid, name)?.(value) === true;
}

/** What earlier answers of other vendors carry and clients send back: nothing in them is for a local model. */
const echoes: ReadonlySet<string> = new Set([
  'annotations',
  'audio',
  'caller',
  'extra_content',
  'function_call',
  'id',
  'index',
  'parsed',
  'phase',
  'provider_specific_fields',
  'reasoning',
  'reasoning_content',
  'reasoning_details',
  'refusal',
  'status',
  'thoughtSignature',
  'thought_signature',
  'type',
]);

/** Fields of messages and parts that only help a vendor's cache or name a source. */
const partHints: ReadonlySet<string> = new Set(['cache_control', 'citations', 'prompt_cache_breakpoint']);

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
    if (known.has(name) || asksNothing(name, value)) continue;
    if (!hints.has(name)) throw lost.refuse(`honour the field \`${name}\``, name);
    lost.downgrade(name);
  }
}

/** Where a message or a part is, and whether it is of an answer that a client sends back: of such nothing is refused. */
export interface TurnPlace {
  readonly path: string;
  readonly isAnswer: boolean;
}

/** The same for a message or a part. */
export function settlePartFields(extra: JsonObject | undefined, { path, isAnswer }: TurnPlace, lost: FieldsLost): void {
  for (const [name, value] of Object.entries(extra ?? {})) {
    if (value === null || echoes.has(name)) continue;
    if (!isAnswer && !partHints.has(name)) throw lost.refuse(`honour the field \`${name}\``, `${path}.${name}`);
    lost.downgrade(name);
  }
}
