// Classification: POST /classify as vLLM serves it, outside of /v1.

import type { ClassifyRequest, ClassifyResponse, LabelScore } from '../../core/classify.ts';
import { upstreamMalformed } from '../../core/error.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { AnswerContext } from '../translation/answer-context.ts';
import { unsupported } from '../translation/request-translation.ts';
import { inputUsage, inputUsageExtraOf } from '../translation/usage.ts';
import { countOf, listOf, objectOf, textValueOf } from '../translation/wire-values.ts';

/** The body. Throws `unsupported_capability` for labels of the caller's: the endpoint serves models with labels of their own. */
export function classifyToWire(request: ClassifyRequest, model: string): JsonObject {
  if (request.labels !== undefined) throw unsupported('labels of the caller', 'labels');
  return { ...request.extra, model, input: [...request.input] };
}

/** The labels of each input by falling score. Throws `upstream_malformed` unless there is a result for each input. */
export async function classifyFromWire(
  body: JsonObject,
  request: ClassifyRequest,
  context: AnswerContext,
): Promise<ClassifyResponse> {
  const items = listOf(body['data']);
  if (items.length !== request.input.length)
    throw upstreamMalformed(`${items.length} results for ${request.input.length} inputs`);
  const results: LabelScore[][] = new Array(items.length);
  items.forEach((value, position) => {
    const item = objectOf(value) ?? {};
    const index = item['index'] ?? position;
    if (typeof index !== 'number' || index >= items.length || results[index] !== undefined) {
      throw upstreamMalformed('a result has an index that cannot be');
    }
    results[index] = labelsOf(item);
  });
  const inputTokens = countOf(objectOf(body['usage'])?.['prompt_tokens']);
  return {
    model: textValueOf(body['model']) ?? context.model,
    target: context.target,
    attempts: 1,
    results,
    usage: await inputUsage(inputTokens, request.input, context.estimator, inputUsageExtraOf(body['usage'])),
  };
}

/**
 * vLLM names only the likeliest label; the others get the names that transformers gives to labels without one (`LABEL_2`).
 */
function labelsOf(item: JsonObject): LabelScore[] {
  const scores = listOf(item['probs']).map((value: JsonValue) => {
    if (typeof value !== 'number') throw upstreamMalformed('a probability is not a number');
    return value;
  });
  if (scores.length === 0) throw upstreamMalformed('a result has no probabilities');
  const best = scores.indexOf(Math.max(...scores));
  const named = scores.map((score, index) => {
    const label = index === best ? (textValueOf(item['label']) ?? `LABEL_${index}`) : `LABEL_${index}`;
    return { label, score };
  });
  return named.sort((a, b) => b.score - a.score);
}
