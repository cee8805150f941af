// The models of a local provider: the built-in ones with honest descriptions, and those that the operator mounted.

import { fileURLToPath } from 'node:url';
import type { Capability, ModelDescription } from '../../core/model-description.ts';
import type { EngineModel, Pooling } from './engine/protocol.ts';
import { answererContextTokens } from './extractive/defaults.ts';
import { useLiteDimensions, useLiteMaxTokens } from './use-lite/convert.ts';

/** A model in a folder of Hugging Face layout with ONNX weights, as the operator configured it. */
export interface MountedModel {
  readonly path: string;
  readonly task: MountedTask;
  /** Embeddings only. */
  readonly pooling?: Pooling;
  /** Moderation only: a category of harm for each label that means one. */
  readonly categories?: Readonly<Record<string, string>>;
  /** Moderation only: from which score on a category counts as found; default 0.5. */
  readonly threshold?: number;
}

/** What a mounted model does. */
export type MountedTask = 'chat' | 'embeddings' | 'rank' | 'classify' | 'moderate' | 'tensors';

/** How labels become verdicts. */
export interface Moderation {
  /** Category by label. */
  readonly categories: ReadonlyMap<string, string>;
  readonly threshold: number;
}

/** A model, what it is to callers and what it is to the engine. */
export interface CatalogueEntry {
  /** The name without the provider. */
  readonly name: string;
  readonly description: ModelDescription;
  readonly engineModel: EngineModel;
  /** For models that moderate. */
  readonly moderation?: Moderation;
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
    entry(
      provider,
      { kind: 'word-ranker', name: 'rank', cacheDir },
      {
        summary:
          'Ranks documents by the nearest passage (vectors of use-lite) and the words of the query (BM25), English. No cross-encoder: ' +
          'it finds what shares words or wording with the query and misses what has to be concluded.',
        capabilities: ['rank'],
      },
    ),
    entry(
      provider,
      { kind: 'zero-shot', name: 'classify', cacheDir },
      {
        summary:
          "Chooses among the caller's labels by nearness of text and label (vectors of use-lite) and shared words, English, without " +
          'examples. Rough: right for 82 % of banking questions among 5 intents, for 47 % among 77. It cannot say "none of these".',
        capabilities: ['classify'],
        contextTokens: useLiteMaxTokens,
      },
    ),
  ];
}

/** From which score on a category of harm counts as found, where the operator says nothing: more likely than not. */
const defaultThreshold = 0.5;

/** The entry of a mounted model. How much fits into it is known once it is loaded. */
export function mountedModel(provider: string, name: string, model: MountedModel): CatalogueEntry {
  const { path: dir, task, pooling } = model;
  const mounted = (engineModel: EngineModel, what: string, capabilities: readonly Capability[]): CatalogueEntry => {
    const summary = `${what} that the operator mounted, run on the CPU of this machine.`;
    return entry(provider, engineModel, { summary, capabilities, ownedBy: 'operator' });
  };
  switch (task) {
    case 'chat':
      return mounted({ kind: 'decoder', name, dir }, 'A causal language model', ['chat', 'logprobs', 'seed']);
    case 'embeddings': {
      const engineModel = { kind: 'encoder', name, dir, ...(pooling === undefined ? {} : { pooling }) } as const;
      return mounted(engineModel, 'A text encoder', ['embeddings']);
    }
    case 'rank':
      return mounted({ kind: 'cross-encoder', name, dir }, 'A cross-encoder', ['rank']);
    case 'classify':
      return mounted({ kind: 'classifier', name, dir, needsLabels: [] }, 'A text classifier', ['classify']);
    case 'moderate': {
      const categories = new Map(Object.entries(model.categories ?? {}));
      const engineModel = { kind: 'classifier', name, dir, needsLabels: [...categories.keys()] } as const;
      const moderation = { categories, threshold: model.threshold ?? defaultThreshold };
      return { ...mounted(engineModel, 'A classifier of harmful text', ['classify', 'moderate']), moderation };
    }
    case 'tensors':
      return mounted({ kind: 'tensors', name, dir }, 'An ONNX graph', ['tensors']);
  }
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
