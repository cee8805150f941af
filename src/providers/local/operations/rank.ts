// Ranking with a local model.

import { SluiceError } from '../../../core/error.ts';
import type { RankRequest, RankResponse } from '../../../core/rank.ts';
import type { ModelCall } from '../../../ports/model.ts';
import { maxRankCharacters, maxRankDocuments } from '../defaults.ts';
import {
  answererOf,
  askInTime,
  checkCount,
  checkLengths,
  type Host,
  noteCut,
  requireCapability,
  type ServedModel,
  settleUnknownFields,
} from './operation.ts';

/** Documents by falling score, equal ones in the order of the request. What is longer than the model reads is cut off and reported. */
export async function rank(
  model: ServedModel,
  request: RankRequest,
  call: ModelCall,
  { clock, log }: Host,
): Promise<RankResponse> {
  const target = model.description.id;
  requireCapability(model, 'rank', 'rank documents');
  const losses = settleUnknownFields(target, request.extra);
  checkRequest(request);
  const { query, documents } = request;
  const result = await askInTime(model, { type: 'rank', query, documents }, call, clock);
  noteCut('documents', result.truncated.length > 0, losses, call, log);
  noteCut('query', result.isQueryCut, losses, call, log);
  const results = result.scores.map((score, index) => ({ index, score })).sort((a, b) => b.score - a.score);
  return { ...answererOf(model, result, losses), results: results.slice(0, request.topN) };
}

function checkRequest({ query, documents }: RankRequest): void {
  if (query.trim() === '') {
    throw new SluiceError('invalid_request', { message: "'query' must hold text.", param: 'query' });
  }
  checkLengths('query', [query]);
  checkCount('documents', documents.length, maxRankDocuments, 'texts');
  checkLengths('documents', documents);
  const characters = documents.reduce((sum, document) => sum + document.length, 0);
  if (characters > maxRankCharacters) {
    throw new SluiceError('context_length_exceeded', {
      message: `The documents may have at most ${maxRankCharacters} characters together.`,
      param: 'documents',
    });
  }
}
