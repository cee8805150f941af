// POST /v1/classify: labels for texts, by a model's own labels or by those of the caller.

import Type from 'typebox';
import type { ClassifyRequest, ClassifyResponse } from '../../core/classify.ts';
import { countedUsageOf } from '../counted-usage.ts';
import { maxModelNameLength } from '../defaults.ts';
import { unknownFields } from '../unknown-fields.ts';
import { createBodyCheck, maybe } from '../validate.ts';
import { maxClassifyInputs, maxLabels } from './defaults.ts';

const body = Type.Object({
  model: Type.String({ minLength: 1, maxLength: maxModelNameLength }),
  input: Type.Union([Type.String(), Type.Array(Type.String(), { minItems: 1, maxItems: maxClassifyInputs })]),
  labels: maybe(Type.Array(Type.String({ minLength: 1 }), { minItems: 1, maxItems: maxLabels, uniqueItems: true })),
});

const checkBody = createBodyCheck(body);
const knownFields: ReadonlySet<string> = new Set(Object.keys(body.properties));

/** Parses the body. Throws `invalid_request` with the path of the offending field. */
export function parseClassify(value: unknown): ClassifyRequest {
  const { model, input, labels, ...rest } = checkBody(value);
  return {
    model,
    input: typeof input === 'string' ? [input] : input,
    ...(labels == null ? {} : { labels }),
    ...unknownFields(rest, knownFields),
  };
}

/** The body as text: for each input the likeliest label and its score, and all labels by falling score. */
export function renderClassify(response: ClassifyResponse, requestId: string): string {
  const results = response.results.map((labels, index) => {
    const [best] = labels;
    return { index, label: best?.label ?? null, score: best?.score ?? null, labels };
  });
  return JSON.stringify({ id: requestId, model: response.model, results, usage: countedUsageOf(response.usage) });
}
