// Moderation: POST /moderations of OpenAI, Mistral and servers like them.

import type { ModerateRequest, ModerateResponse, ModerationResult } from '../../core/classify.ts';
import { reportOf } from '../../core/downgraded.ts';
import { upstreamMalformed } from '../../core/error.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import { dataUrlOf, type ImagePart, type TextPart } from '../../core/message.ts';
import type { AnswerContext } from '../translation/answer-context.ts';
import { unsupported } from '../translation/request-translation.ts';
import { inputUsage, inputUsageExtraOf } from '../translation/usage.ts';
import { countOf, isPresent, listOf, objectOf, textValueOf } from '../translation/wire-values.ts';

/**
 * The bodies, in the order of the inputs. Inputs of one text each go together. An input of several parts is judged as a whole
 * by a call of its own, since the endpoint takes one such input at a time.
 */
export function moderateToWire(request: ModerateRequest, model: string): JsonObject[] {
  const texts = request.input.map(plainTextOf);
  if (texts.every((text) => text !== undefined)) return [{ ...request.extra, model, input: texts }];
  return request.input.map((parts, index) => ({
    ...request.extra,
    model,
    input: parts.map((part) => partOf(part, index)),
  }));
}

type Parts = ModerateRequest['input'][number];

/** The text of an input that is nothing else. */
function plainTextOf([part, ...others]: Parts): string | undefined {
  return part?.type === 'text' && part.extra === undefined && others.length === 0 ? part.text : undefined;
}

function partOf(part: TextPart | ImagePart, index: number): JsonObject {
  if (part.type === 'text') return { ...part.extra, type: 'text', text: part.text };
  const { source } = part;
  if (source.kind === 'file-id') throw unsupported('a picture by file id', `input[${index}]`);
  const url = source.kind === 'url' ? source.url : dataUrlOf(source);
  return { ...part.extra, type: 'image_url', image_url: { url } };
}

/** How closely a picture is looked at is for the endpoint to choose. */
function lostFields({ input }: ModerateRequest): string[] {
  const hasDetail = input.flat().some((part) => part.type === 'image' && part.detail !== undefined);
  return hasDetail ? ['detail'] : [];
}

/** The answers of all bodies as one. Throws `upstream_malformed` unless there is one verdict for each input. */
export async function moderateFromWire(
  answers: readonly JsonObject[],
  request: ModerateRequest,
  context: AnswerContext,
): Promise<ModerateResponse> {
  const [first = {}] = answers;
  const results = answers.flatMap((answer) => listOf(answer['results']).map(resultOf));
  if (results.length !== request.input.length) {
    throw upstreamMalformed(`${results.length} verdicts for ${request.input.length} inputs`);
  }
  const counts = answers.map((answer) => countOf(objectOf(answer['usage'])?.['prompt_tokens']));
  const reported = counts.every((count) => count !== undefined)
    ? counts.reduce((sum, count) => sum + count, 0)
    : undefined;
  // What several bodies say beside their counts cannot be added up.
  const extra = answers.length === 1 ? inputUsageExtraOf(first['usage']) : undefined;
  const texts = request.input.flatMap((parts) => parts.map((part) => (part.type === 'text' ? part.text : '')));
  return {
    id: textValueOf(first['id']) ?? context.requestId,
    model: textValueOf(first['model']) ?? context.model,
    target: context.target,
    attempts: 1,
    results,
    usage: await inputUsage(reported, texts, context.estimator, extra),
    ...reportOf(lostFields(request)),
  };
}

/** Mistral has no `flagged`: there, one category is enough. */
function resultOf(value: JsonValue): ModerationResult {
  const { flagged, categories: wireCategories, category_scores: wireScores, ...extra } = objectOf(value) ?? {};
  const categories: Record<string, boolean> = {};
  for (const [name, isFound] of Object.entries(objectOf(wireCategories) ?? {})) categories[name] = isFound === true;
  const scores: Record<string, number> = {};
  for (const [name, score] of Object.entries(objectOf(wireScores) ?? {})) {
    if (typeof score === 'number') scores[name] = score;
  }
  if (typeof flagged !== 'boolean' && Object.keys(categories).length === 0)
    throw upstreamMalformed('a verdict says nothing');
  return {
    flagged: typeof flagged === 'boolean' ? flagged : Object.values(categories).includes(true),
    categories,
    scores,
    ...(isPresent(extra) ? { extra } : {}),
  };
}
