// Ranking: POST /rerank in the form of Jina and Cohere (vLLM, LocalAI, Voyage, Together), or of TEI.

import { upstreamMalformed } from '../../core/error.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { RankRequest, RankResponse } from '../../core/rank.ts';
import type { AnswerContext } from '../translation/answer-context.ts';
import { inputUsage, inputUsageExtraOf } from '../translation/usage.ts';
import { countOf, objectOf, textValueOf } from '../translation/wire-values.ts';

/** `jina`: `documents` and `top_n`. `tei` (Hugging Face text-embeddings-inference): `texts`, and all of them come back. */
export type RankForm = 'jina' | 'tei';

/** The body. Documents are not asked back: the caller has them. */
export function rankToWire(request: RankRequest, model: string, form: RankForm): JsonObject {
  const { query, topN, extra } = request;
  if (form === 'tei') return { ...extra, query, texts: [...request.documents] };
  return { ...extra, model, query, documents: [...request.documents], ...(topN === undefined ? {} : { top_n: topN }) };
}

/**
 * The ranking, best first, at most `topN`, from any of the forms in use: `results` (Jina, Cohere, vLLM), `data` (Voyage), a
 * bare list (TEI). Throws `upstream_malformed` for an empty one, or an
 * index that the request has not, or has had already.
 */
export async function rankFromWire(
  body: JsonValue,
  request: RankRequest,
  context: AnswerContext,
): Promise<RankResponse> {
  const answer = objectOf(body) ?? {};
  const list = Array.isArray(body) ? body : (answer['results'] ?? answer['data']);
  if (!Array.isArray(list)) throw upstreamMalformed('the answer has no list of results');
  if (list.length === 0 && request.documents.length > 0 && request.topN !== 0)
    throw upstreamMalformed('an empty ranking');
  const seen = new Set<number>();
  const results = list.map((value) => {
    const item = objectOf(value) ?? {};
    const { index } = item;
    const score = item['relevance_score'] ?? item['score'];
    if (typeof index !== 'number' || typeof score !== 'number')
      throw upstreamMalformed('a result has no index or no score');
    if (!(index in request.documents) || seen.has(index))
      throw upstreamMalformed('a result has an index that cannot be');
    seen.add(index);
    return { index, score };
  });
  results.sort((a, b) => b.score - a.score);
  return {
    model: textValueOf(answer['model']) ?? context.model,
    target: context.target,
    attempts: 1,
    results: request.topN === undefined ? results : results.slice(0, request.topN),
    usage: await inputUsage(
      tokensOf(answer),
      [request.query, ...request.documents],
      context.estimator,
      inputUsageExtraOf(answer['usage']),
    ),
  };
}

/** Cohere counts in `meta.tokens`, the others in `usage`. */
function tokensOf(answer: JsonObject): number | undefined {
  const usage = objectOf(answer['usage']);
  const cohere = objectOf(objectOf(answer['meta'])?.['tokens']);
  return countOf(usage?.['prompt_tokens']) ?? countOf(usage?.['total_tokens']) ?? countOf(cohere?.['input_tokens']);
}
