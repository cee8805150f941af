// Top-level fields that Sluice has no name for: Anthropic's own go as they came, those of other dialects by the table here.

import { entryOf, isJsonObject, type JsonObject } from '../../core/json.ts';
import type { PredictRequest } from '../../core/predict.ts';
import { bodyHints } from '../translation/hints.ts';
import { objectAt } from '../translation/request-translation.ts';
import { asksNothing, type VoidValues } from '../translation/void-values.ts';
import type { Translation } from './translation.ts';

/** Anthropic's own fields that callers of other dialects send by agreement, under the same name. */
const translated: ReadonlySet<string> = new Set(['cache_control', 'thinking']);

/** Fields that change no answer, or only its form or price: left out and reported. */
const hints: ReadonlySet<string> = new Set([
  ...bodyHints,
  'random_seed', // Mistral's name of `seed`.
  'reasoning', // Of the Responses API: whether a summary of thoughts is shown; the effort has a name here.
  'text', // Of the Responses API: the verbosity; the format has a name here.
  'verbosity',
]);

const isVoid: VoidValues = {
  // The edge gives callers of the Responses API our signatures in place of it.
  include: (value) => Array.isArray(value) && value.every((name) => name === 'reasoning.encrypted_content'),
};

/** Names that only we set. */
const ours: ReadonlySet<string> = new Set(['stream']);

/**
 * Merges `extra` into the body, where it never replaces a typed field.
 *
 * Of other dialects: `user` and `safety_identifier` (which wins) → `metadata.user_id`, as does a `user_id` within `metadata`;
 * `service_tier: default` → `standard_only`; Anthropic's own names pass (`translated`); hints are reported; null and values
 * that ask for what happens anyway are nothing; the rest is `unsupported_capability`.
 */
export function mergeExtra(body: JsonObject, request: PredictRequest, translation: Translation): void {
  if (request.extra === undefined) return;
  const received = translation.sendsExtra ? request.extra : withoutTranslated(request.extra, body);
  const extra = translation.extraOf(received, { path: '', shared: translated, hints });
  for (const [name, value] of Object.entries(extra)) {
    const known = entryOf(body, name);
    if (ours.has(name)) continue;
    if (name === 'output_config' && isJsonObject(known) && isJsonObject(value)) body[name] = { ...value, ...known };
    else if (known === undefined) body[name] = value;
  }
}

/** Takes out what has another name or place at Anthropic, and what says nothing. */
function withoutTranslated(received: JsonObject, body: JsonObject): JsonObject {
  const rest: JsonObject = {};
  for (const [name, value] of Object.entries(received)) {
    if (!asksNothing(name, value, isVoid)) rest[name] = value;
  }
  const { metadata } = rest;
  const inner = isJsonObject(metadata) ? metadata['user_id'] : undefined;
  const user = [rest['safety_identifier'], rest['user'], inner].find((value) => typeof value === 'string');
  if (user !== undefined) {
    objectAt(body, 'metadata')['user_id'] = user;
    for (const name of ['safety_identifier', 'user']) if (rest[name] === user) delete rest[name];
    if (isJsonObject(metadata) && inner === user && Object.keys(metadata).length === 1) delete rest['metadata'];
  }
  if (rest['service_tier'] === 'default') {
    body['service_tier'] = 'standard_only';
    delete rest['service_tier'];
  }
  return rest;
}
