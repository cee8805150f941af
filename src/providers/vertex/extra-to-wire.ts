// Unknown fields of the request's body: Google's own, and those of our dialect, go as they came; those of other dialects that have a meaning here are
// translated by the tables of this file, hints are left out and reported, and all others are refused.

import { entryOf, isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { PredictRequest } from '../../core/predict.ts';
import { bodyHints } from '../translation/hints.ts';
import { refuseFields, unsupported } from '../translation/request-translation.ts';
import { asksNothing } from '../translation/void-values.ts';
import { objectOf } from '../translation/wire-values.ts';
import { thinkingOfEffort } from './generation-config.ts';
import type { Translation } from './translation.ts';

/** Fields whose objects are merged instead of replaced: typed fields are parts of them. */
const merged: ReadonlySet<string> = new Set(['generationConfig', 'toolConfig']);

/** Merges the unknown fields into the body. A typed field is never replaced. */
export function mergeBodyExtra(body: JsonObject, request: PredictRequest, translation: Translation): void {
  if (request.extra === undefined) return;
  if (translation.sendsExtra) {
    mergeNative(body, request.extra);
    return;
  }
  for (const [name, value] of Object.entries(request.extra)) {
    const translate = entryOf(translated, name);
    // `modalities: ['text']` is no void value: models that draw would draw.
    if (value !== null && translate !== undefined) translate(value, body, translation);
    else if (asksNothing(name, value)) continue;
    else if (hints.has(name)) translation.downgrade(name);
    else throw unsupported(`the field \`${name}\``, name);
  }
}

function mergeNative(body: JsonObject, extra: JsonObject): void {
  for (const [written, value] of Object.entries(extra)) {
    const name = entryOf(camelNames, written) ?? written;
    const known = objectOf(body[name]);
    if (known !== undefined && merged.has(name) && isJsonObject(value)) body[name] = { ...value, ...known };
    else if (!Object.hasOwn(body, name)) body[name] = value;
  }
}

/** Google reads both spellings; only where both could meet in one body must they be made one. */
const camelNames: Readonly<Record<string, string>> = {
  generation_config: 'generationConfig',
  tool_config: 'toolConfig',
  system_instruction: 'systemInstruction',
};

/** Hints of the body, and one of style. */
const hints: ReadonlySet<string> = new Set([...bodyHints, 'verbosity']);

type Translate = (value: JsonValue, body: JsonObject, translation: Translation) => void;

/**
 * Fields of other dialects that have a form here.
 * OpenAI: `n` when it is 1; `modalities`; `extra_body.google`, in which Google's own OpenAI-compatible endpoint takes
 * `thinking_config` and `cached_content`, and we any field of the body (`safety_settings`, `labels`, …).
 * Responses API: `reasoning` (`effort`, `summary`), `text` (its format has a name here, its verbosity is reported). Anthropic: `thinking`, and `effort` in `output_config`.
 */
const translated: Readonly<Record<string, Translate>> = {
  n(value) {
    if (value !== 1) throw unsupported('several choices', 'n');
  },
  modalities(value, body) {
    const names = Array.isArray(value) ? value : [value];
    addConfig(body, { responseModalities: names.map((name) => String(name).toUpperCase()) });
  },
  extra_body(value, body) {
    const { google, ...others } = objectOf(value) ?? {};
    const [unknown] = Object.keys(others);
    if (unknown !== undefined) throw unsupported(`the field \`${unknown}\``, `extra_body.${unknown}`);
    const { thinking_config: snake, thinkingConfig = snake, ...fields } = objectOf(google) ?? {};
    if (thinkingConfig !== undefined) addThinking(body, objectOf(thinkingConfig) ?? {});
    mergeNative(body, fields);
  },
  text(value, _, translation) {
    const { format: __, verbosity, ...others } = objectOf(value) ?? {};
    refuseFields(others, 'text');
    if (verbosity !== undefined && verbosity !== null) translation.downgrade('verbosity');
  },
  reasoning(value, body, translation) {
    const { effort, summary, ...others } = objectOf(value) ?? {};
    refuseFields(others, 'reasoning');
    if (typeof effort === 'string') addThinking(body, thinkingOfEffort(effort, 'reasoning.effort', translation));
    if (typeof summary === 'string' && summary !== 'none') addThinking(body, { includeThoughts: true });
  },
  thinking(value, body, translation) {
    const { type, budget_tokens: budget, display, ...others } = objectOf(value) ?? {};
    refuseFields(others, 'thinking');
    if (type === 'disabled') {
      addThinking(body, { thinkingBudget: 0 });
      return;
    }
    // Google shows summaries or nothing.
    const isKnown = display === undefined || display === null || display === 'summarized' || display === 'omitted';
    if (!isKnown) translation.downgrade('thinking.display');
    const includeThoughts = display !== 'omitted';
    addThinking(body, typeof budget === 'number' ? { thinkingBudget: budget, includeThoughts } : { includeThoughts });
  },
  output_config(value, body, translation) {
    const { effort, ...others } = objectOf(value) ?? {};
    refuseFields(others, 'output_config');
    if (typeof effort === 'string') addThinking(body, thinkingOfEffort(effort, 'output_config.effort', translation));
  },
};

function addConfig(body: JsonObject, fields: JsonObject): void {
  body['generationConfig'] = { ...fields, ...objectOf(body['generationConfig']) };
}

/**
 * A level and a budget together are refused by Google: the one that is there already wins, be it from a typed field or from
 * an earlier field of the body.
 */
function addThinking(body: JsonObject, fields: JsonObject): void {
  const config = objectOf(body['generationConfig']) ?? {};
  const known = objectOf(config['thinkingConfig']) ?? {};
  const { thinkingBudget, thinkingLevel, ...others } = fields;
  const amount: JsonObject = {};
  if (known['thinkingLevel'] === undefined && known['thinkingBudget'] === undefined) {
    if (thinkingLevel !== undefined) amount['thinkingLevel'] = thinkingLevel;
    else if (thinkingBudget !== undefined) amount['thinkingBudget'] = thinkingBudget;
  }
  body['generationConfig'] = { ...config, thinkingConfig: { ...others, ...amount, ...known } };
}
