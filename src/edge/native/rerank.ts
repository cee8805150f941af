// POST /v1/rerank: which documents fit a query best, in the form that Jina, Cohere, vLLM and others share.

import Type from 'typebox';
import { SluiceError } from '../../core/error.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { RankRequest, RankResponse } from '../../core/rank.ts';
import { countedUsageOf } from '../counted-usage.ts';
import { maxModelNameLength } from '../defaults.ts';
import { unknownFields } from '../unknown-fields.ts';
import { createBodyCheck, maybe } from '../validate.ts';
import { maxDocuments } from './defaults.ts';

/** What a rerank call asks for. */
export interface RerankCall {
  readonly request: RankRequest;
  /** The documents as they were sent, where they are to be sent back with their places. */
  readonly returned: readonly JsonValue[] | undefined;
}

const body = Type.Object({
  model: Type.String({ minLength: 1, maxLength: maxModelNameLength }),
  query: Type.String({ minLength: 1 }),
  documents: Type.Array(Type.Union([Type.String(), Type.Object({ text: Type.String() })]), {
    minItems: 1,
    maxItems: maxDocuments,
  }),
  top_n: maybe(Type.Integer({ minimum: 1 })),
  return_documents: maybe(Type.Boolean()),
  // Cohere's way to rank by other fields than the text.
  rank_fields: maybe(Type.Array(Type.String())),
});

const checkBody = createBodyCheck(body);
const knownFields: ReadonlySet<string> = new Set(Object.keys(body.properties));

/**
 * Parses the body. Documents are ranked by their text; what else a document has only comes back. Throws `invalid_request` with
 * the path of the offending field, and `unsupported_capability` for `rank_fields` beside the text.
 */
export function parseRerank(value: unknown): RerankCall {
  const wire = checkBody(value);
  if (wire.rank_fields?.some((field) => field !== 'text') === true) {
    const message = 'Documents can only be ranked by their text.';
    throw new SluiceError('unsupported_capability', { message, param: 'rank_fields' });
  }
  return {
    request: {
      model: wire.model,
      query: wire.query,
      documents: wire.documents.map((document) => (typeof document === 'string' ? document : document.text)),
      ...(wire.top_n == null ? {} : { topN: wire.top_n }),
      ...unknownFields(wire, knownFields),
    },
    returned: wire.return_documents === true ? (wire.documents as readonly JsonValue[]) : undefined,
  };
}

/** The body as text. A document that was sent as a text comes back as an object with it. */
export function renderRerank(response: RankResponse, { returned }: RerankCall, requestId: string): string {
  const results = response.results.map(({ index, score }): JsonObject => {
    const document = returned?.[index];
    if (document === undefined) return { index, relevance_score: score };
    return { index, relevance_score: score, document: isJsonObject(document) ? document : { text: document } };
  });
  return JSON.stringify({ id: requestId, model: response.model, results, usage: countedUsageOf(response.usage) });
}
