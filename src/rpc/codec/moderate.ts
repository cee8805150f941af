// Moderation requests and responses, core ↔ wire, losing nothing.

import type { ModerateRequest, ModerateResponse, ModerationResult } from '../../core/classify.ts';
import { SluiceError } from '../../core/error.ts';
import { entryOf } from '../../core/json.ts';
import type { ContentPart, ImagePart, TextPart } from '../../core/message.ts';
import type * as wire from '../generated/sluice/inference/v1/inference.ts';
import { answerObject } from './answer.ts';
import { contentListFromWire, contentToWire, plainText } from './content.ts';
import { jsonToWire, optionalJsonObjectFromWire } from './json.ts';
import { present, unlessEmpty } from './present.ts';
import { usageFromWire, usageToWire } from './usage.ts';

/** What to judge. An input of one plain text travels in the short form (`text`). */
export function moderateRequestToWire({ model, input, extra }: ModerateRequest): wire.ModerateRequest {
  return { model, input: input.map(inputToWire), extraJson: jsonToWire(extra) };
}

/** The reverse of `moderateRequestToWire`. Throws `invalid_request` with the path of the offending field. */
export function moderateRequestFromWire({ model, input, extraJson }: wire.ModerateRequest): ModerateRequest {
  return present({
    model,
    input: input.map((one, index) => inputFromWire(one, `input[${index}]`)),
    extra: optionalJsonObjectFromWire(extraJson, 'extra_json'),
  });
}

/** The verdicts. */
export function moderateResponseToWire(response: ModerateResponse): wire.ModerateResponse {
  const { id, model, target, attempts, results, usage, downgrades = [] } = response;
  return {
    id,
    model,
    target,
    attempts,
    results: results.map(resultToWire),
    usage: usageToWire(usage),
    downgrades: [...downgrades],
  };
}

/** The reverse of `moderateResponseToWire`. Throws `upstream_malformed`. */
export function moderateResponseFromWire(response: wire.ModerateResponse): ModerateResponse {
  const { results, usage, downgrades, ...answerer } = response;
  return present({
    ...answerer,
    results: results.map(resultFromWire),
    usage: usageFromWire(usage),
    downgrades: unlessEmpty(downgrades),
  });
}

function inputToWire(parts: ModerateRequest['input'][number]): wire.ModerationInput {
  const text = plainText(parts);
  return { text: text ?? '', content: text === undefined ? parts.map(contentToWire) : [] };
}

function inputFromWire({ text, content }: wire.ModerationInput, param: string): (TextPart | ImagePart)[] {
  if (text !== '' && content.length > 0) throw invalid(`${param}.content`, 'must be empty when text is given');
  const parts = contentListFromWire(text, content, param);
  return parts.map((part, index) => {
    if (canBeJudged(part)) return part;
    throw invalid(`${param}.content[${index}]`, 'must be a text or an image');
  });
}

function canBeJudged(part: ContentPart): part is TextPart | ImagePart {
  return part.type === 'text' || part.type === 'image';
}

/** The two tables of a verdict become one list: they have the same names, unless the vendor leaves something out. */
function resultToWire({ flagged, categories, scores, extra }: ModerationResult): wire.ModerationResult {
  const names = new Set([...Object.keys(categories), ...Object.keys(scores)]);
  const list = [...names].map((name) => ({ name, flagged: entryOf(categories, name), score: entryOf(scores, name) }));
  return { flagged, categories: list, extraJson: jsonToWire(extra) };
}

function resultFromWire({ flagged, categories, extraJson }: wire.ModerationResult): ModerationResult {
  const flags = categories.flatMap(({ name, flagged: is }) => (is === undefined ? [] : [[name, is] as const]));
  const scores = categories.flatMap(({ name, score }) => (score === undefined ? [] : [[name, score] as const]));
  return present({
    flagged,
    categories: Object.fromEntries(flags),
    scores: Object.fromEntries(scores),
    extra: answerObject(extraJson),
  });
}

function invalid(param: string, problem: string): SluiceError {
  return new SluiceError('invalid_request', { message: `${param} ${problem}.`, param });
}
