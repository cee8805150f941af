// The models of a local provider: the built-in ones with honest descriptions, and those that the operator mounted.

import { fileURLToPath } from 'node:url';
import type { Capability, ModelDescription } from '../../core/model-description.ts';
import type { EngineModel, Pooling } from './engine/protocol.ts';
import { answererContextTokens } from './extractive/defaults.ts';
import { useLiteDimensions, useLiteMaxTokens } from './use-lite/convert.ts';

/** A model in a folder of Hugging Face layout with ONNX weights, as the operator configured it. */
export interface MountedModel {
  readonly path: string;
  readonly task: 'chat' | 'embeddings';
  readonly pooling?: Pooling;
}

/** A model, what it is to callers and what it is to the engine. */
export interface CatalogueEntry {
  /** The name without the provider. */
  readonly name: string;
  readonly description: ModelDescription;
  readonly engineModel: EngineModel;
}

/** Context of sluice-stories; its config.json says the same. */
const storiesContextTokens = 512;

/** When the weights and the answerer of this release were made. */
const madeAtMs = Date.UTC(2026, 10, 25);

const storiesDir = fileURLToPath(new URL('./weights/sluice-stories', import.meta.url));

/** The built-in models; each needs nothing from a network. */
export function builtInModels(provider: string, cacheDir: string): readonly CatalogueEntry[] {
  return [
    entry(
      provider,
      { kind: 'extractive', name: 'chat', cacheDir, tokenizerDir: storiesDir },
      {
        summary:
          'Answers by quoting 1 to 3 sentences of the text that comes with the request, and says so when it finds none. ' +
          'It is a retrieval method (BM25 and sentence vectors), not a language model: it never makes up a fact, and it cannot write.',
        capabilities: ['chat'],
        contextTokens: answererContextTokens,
      },
    ),
    entry(
      provider,
      { kind: 'decoder', name: 'stories', dir: storiesDir },
      {
        summary:
          'A language model of 1.1 million parameters, trained on synthetic text of this project. It tells short stories about ' +
          'the things that are asked for and can do nothing else: demo quality, for trying out sampling and streaming.',
        capabilities: ['chat', 'logprobs', 'seed'],
        contextTokens: storiesContextTokens,
      },
    ),
    entry(
      provider,
      { kind: 'use-lite', name: 'use-lite', cacheDir },
      {
        summary:
          'Universal Sentence Encoder lite: English sentence vectors, good for similar wording, weaker than MiniLM or BGE. ' +
          'Texts longer than 128 tokens are cut off.',
        capabilities: ['embeddings'],
        contextTokens: useLiteMaxTokens,
        embeddingDimensions: useLiteDimensions,
        ownedBy: 'google',
      },
    ),
  ];
}

/** The entry of a mounted model. How much fits into it is known once it is loaded. */
export function mountedModel(provider: string, name: string, model: MountedModel): CatalogueEntry {
  const { path, task, pooling } = model;
  if (task === 'chat') {
    return entry(
      provider,
      { kind: 'decoder', name, dir: path },
      {
        summary: 'A causal language model that the operator mounted, run on the CPU of this machine.',
        capabilities: ['chat', 'logprobs', 'seed'],
        ownedBy: 'operator',
      },
    );
  }
  const engineModel = { kind: 'encoder', name, dir: path, ...(pooling === undefined ? {} : { pooling }) } as const;
  return entry(provider, engineModel, {
    summary: 'A text encoder that the operator mounted, run on the CPU of this machine.',
    capabilities: ['embeddings'],
    ownedBy: 'operator',
  });
}

interface Facts {
  readonly summary: string;
  readonly capabilities: readonly Capability[];
  readonly contextTokens?: number;
  readonly embeddingDimensions?: number;
  readonly ownedBy?: string;
}

function entry(provider: string, engineModel: EngineModel, facts: Facts): CatalogueEntry {
  const id = `${provider}/${engineModel.name}`;
  const isMounted = facts.ownedBy === 'operator';
  return {
    name: engineModel.name,
    engineModel,
    description: {
      id,
      targets: [id],
      ownedBy: 'sluice',
      createdAtMs: isMounted ? 0 : madeAtMs,
      ...(isMounted ? {} : { licence: 'Apache-2.0' }),
      ...facts,
    },
  };
}
