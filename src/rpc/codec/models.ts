// Descriptions of models, core ↔ wire.

import type { Capability, ModelDescription } from '../../core/model-description.ts';
import type * as wire from '../generated/sluice/inference/v1/inference.ts';
import { present } from './present.ts';

const capabilities: Readonly<Record<Capability, true>> = {
  chat: true,
  embeddings: true,
  tools: true,
  images: true,
  audio: true,
  files: true,
  'json-mode': true,
  'json-schema': true,
  logprobs: true,
  seed: true,
  reasoning: true,
  choices: true,
  rank: true,
  classify: true,
  moderate: true,
  transcribe: true,
  tensors: true,
};

/** What models there are. */
export function modelsToWire(models: readonly ModelDescription[]): wire.ListModelsResponse {
  return { models: models.map(modelToWire) };
}

/** The reverse of `modelsToWire`. A capability that this version does not know is left out: it could not ask for it. */
export function modelsFromWire(response: wire.ListModelsResponse): ModelDescription[] {
  return response.models.map((model) => {
    const isKnown = (word: string): word is Capability => Object.hasOwn(capabilities, word);
    return present({ ...model, capabilities: model.capabilities.filter(isKnown) });
  });
}

function modelToWire(model: ModelDescription): wire.ModelDescription {
  return {
    id: model.id,
    targets: [...model.targets],
    ownedBy: model.ownedBy,
    summary: model.summary,
    capabilities: [...model.capabilities],
    contextTokens: model.contextTokens,
    embeddingDimensions: model.embeddingDimensions,
    licence: model.licence,
    createdAtMs: model.createdAtMs,
  };
}
