// Models in Anthropic's form: its pages, and an honest description of each model beside its fields.

import { SluiceError } from '../../core/error.ts';
import type { JsonObject } from '../../core/json.ts';
import type { ModelDescription } from '../../core/model-description.ts';
import { defaultModelsPerPage, maxModelsPerPage } from './defaults.ts';

/**
 * One page of the list as text. `query` may have `limit`, and `after_id` or `before_id`, the id of the model beside which the page
 * begins or ends. Throws `invalid_request` for a limit that is none and for an id that is not in the list.
 */
export function renderModelPage(models: readonly ModelDescription[], query: URLSearchParams): string {
  const limit = limitOf(query.get('limit'));
  const after = placeOf(models, query, 'after_id');
  const before = placeOf(models, query, 'before_id');
  const end = before ?? models.length;
  const from = after === undefined && before !== undefined ? Math.max(0, end - limit) : (after ?? -1) + 1;
  const page = models.slice(from, Math.min(end, from + limit));
  // Of a page that is read backwards there is more where it begins.
  const hasMore = after === undefined && before !== undefined ? from > 0 : from + limit < end;
  return JSON.stringify({
    data: page.map(modelOf),
    has_more: hasMore,
    first_id: page[0]?.id ?? null,
    last_id: page.at(-1)?.id ?? null,
  });
}

/** One model as text. */
export function renderModelInfo(model: ModelDescription): string {
  return JSON.stringify(modelOf(model));
}

/** Null means unknown. Under `sluice` is what Anthropic has no fields for. */
function modelOf(model: ModelDescription): JsonObject {
  return {
    type: 'model',
    id: model.id,
    display_name: model.id,
    // Anthropic, too, gives the epoch for a date that is not known.
    created_at: new Date(model.createdAtMs).toISOString().replace('.000Z', 'Z'),
    capabilities: null,
    deprecated_at: null,
    lifecycle: 'active',
    line: null,
    max_input_tokens: model.contextTokens ?? null,
    max_tokens: null,
    retires_at: null,
    sluice: {
      targets: [...model.targets],
      owned_by: model.ownedBy,
      summary: model.summary,
      capabilities: [...model.capabilities],
    },
  };
}

function limitOf(text: string | null): number {
  if (text === null) return defaultModelsPerPage;
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > maxModelsPerPage) {
    const message = `limit: Input should be a whole number from 1 to ${maxModelsPerPage}`;
    throw new SluiceError('invalid_request', { message, param: 'limit' });
  }
  return limit;
}

function placeOf(models: readonly ModelDescription[], query: URLSearchParams, param: string): number | undefined {
  const id = query.get(param);
  if (id === null) return undefined;
  const place = models.findIndex((model) => model.id === id);
  if (place !== -1) return place;
  throw new SluiceError('invalid_request', { message: `${param}: There is no model of this id`, param });
}
