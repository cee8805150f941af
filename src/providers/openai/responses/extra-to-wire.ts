// Top-level fields that Sluice has no name for: those of the Responses API go as they came, those of other dialects by the
// tables here. OpenAI's two APIs share a good many, under the same names.

import { entryOf, type JsonObject } from '../../../core/json.ts';
import type { PredictRequest } from '../../../core/predict.ts';
import { anthropicFields, type Translate } from '../../openai-compatible/extra-to-wire.ts';
import type { Translation } from '../../openai-compatible/translation.ts';
import { bodyHints } from '../../translation/hints.ts';
import { refuseFields, set, unsupported } from '../../translation/request-translation.ts';
import { isPlainStream } from '../../translation/stream-options.ts';
import { asksNothing } from '../../translation/void-values.ts';
import { listOf, objectOf } from '../../translation/wire-values.ts';

/** Names that `extra` must not bring in although the body may lack them: they would contradict a typed field. */
const ours: ReadonlySet<string> = new Set(['stream']);

/** Fields of chat completions that the Responses API has too. */
const shared: ReadonlySet<string> = new Set([
  'metadata',
  'moderation',
  'prompt_cache_key',
  'prompt_cache_options',
  'prompt_cache_retention',
  'safety_identifier',
  'service_tier',
  'store',
  'user',
]);

/** Merges `extra` into the body, where it never replaces a typed field. Lists of `include` are joined. */
export function mergeExtra(body: JsonObject, request: PredictRequest, translation: Translation): void {
  const { extra } = request;
  if (extra === undefined) return;
  if (translation.sendsExtra) mergeNative(body, extra);
  else mergeForeign(body, extra, translation);
}

function mergeNative(body: JsonObject, extra: JsonObject): void {
  for (const [name, value] of Object.entries(extra)) {
    const known = entryOf(body, name);
    if (name === 'include' && Array.isArray(known)) body[name] = [...new Set([...listOf(value), ...known])];
    else if (known === undefined && !ours.has(name)) body[name] = value;
  }
}

function mergeForeign(body: JsonObject, extra: JsonObject, translation: Translation): void {
  const table = translation.from === 'anthropic' ? fromAnthropic : fromChat;
  for (const [name, value] of Object.entries(extra)) {
    // That a stream is not padded is a wish here: padding is what happens anyway.
    if (name === 'stream_options' ? value === null : asksNothing(name, value)) continue;
    const translate = entryOf(table, name);
    if (translate !== undefined) translate(value, body, translation);
    else if (translation.from === 'openai' && shared.has(name)) set(body, name, value);
    else if (bodyHints.has(name)) translation.downgrade(name);
    else throw unsupported(`the field \`${name}\``, name);
  }
}

/**
 * Fields of chat completions in other words: `verbosity` → `text.verbosity`; `web_search_options` → the tool `web_search`;
 * of `stream_options` the padding; another name of a typed limit is that limit. Sound is refused.
 */
const fromChat: Readonly<Record<string, Translate>> = {
  verbosity(value, body) {
    body['text'] = { ...objectOf(body['text']), verbosity: value };
  },
  web_search_options(value, body) {
    body['tools'] = [...listOf(body['tools']), { type: 'web_search', ...userLocation(objectOf(value) ?? {}) }];
  },
  stream_options(value, body, translation) {
    const options = objectOf(value);
    const { include_obfuscation: isPadded, ...others } = options ?? {};
    if (isPadded !== undefined) body['stream_options'] = { include_obfuscation: isPadded };
    if (options === undefined || !isPlainStream(others)) translation.downgrade('stream_options');
  },
  modalities() {
    throw unsupported('an answer in sound', 'modalities');
  },
  max_tokens(value, body) {
    if (body['max_output_tokens'] === undefined) body['max_output_tokens'] = value;
  },
};

/** The place of the user has an inner object in chat completions, and none here. */
function userLocation(options: JsonObject): JsonObject {
  const { user_location: location, ...others } = options;
  const place = objectOf(location);
  if (place === undefined) return others;
  const { approximate, ...rest } = place;
  return { ...others, user_location: { ...rest, ...objectOf(approximate) } };
}

/** As for chat completions, but effort has a place of its own. */
const fromAnthropic: Readonly<Record<string, Translate>> = {
  ...anthropicFields,
  thinking(value, body, translation) {
    const words: JsonObject = {};
    const effort = objectOf(body['reasoning'])?.['effort'];
    if (effort !== undefined) words['reasoning_effort'] = effort;
    anthropicFields['thinking']?.(value, words, translation);
    if (words['reasoning_effort'] !== undefined) {
      body['reasoning'] = { ...objectOf(body['reasoning']), effort: words['reasoning_effort'] };
    }
  },
  output_config(value) {
    refuseFields(objectOf(value) ?? {}, 'output_config');
  },
};
