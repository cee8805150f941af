// GET /v1/models and /v1/models/{id}: OpenAI's list, with an honest description of each model beside it.

import type { JsonObject } from '../../core/json.ts';
import type { ModelDescription } from '../../core/model-description.ts';
import { secondsOf } from './wire-words.ts';

/** The list as text. */
export function renderModelList(models: readonly ModelDescription[]): string {
  return JSON.stringify({ object: 'list', data: models.map(modelOf) });
}

/** One model as text. */
export function renderModel(model: ModelDescription): string {
  return JSON.stringify(modelOf(model));
}

/** OpenAI's four fields, and under `sluice` what it has no fields for. Absent means unknown. */
function modelOf(model: ModelDescription): JsonObject {
  return {
    id: model.id,
    object: 'model',
    created: secondsOf(model.createdAtMs),
    owned_by: model.ownedBy,
    sluice: {
      targets: [...model.targets],
      summary: model.summary,
      capabilities: [...model.capabilities],
      ...(model.contextTokens === undefined ? {} : { context_tokens: model.contextTokens }),
      ...(model.embeddingDimensions === undefined ? {} : { embedding_dimensions: model.embeddingDimensions }),
      ...(model.licence === undefined ? {} : { licence: model.licence }),
    },
  };
}
