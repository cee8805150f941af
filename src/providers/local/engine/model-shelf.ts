// The models of one thread: each is loaded once, when it is first asked for, and kept until the thread ends.

import { SluiceError } from '../../../core/error.ts';
import { createSequenceClassifier } from '../classifier/sequence-classifier.ts';
import { createZeroShot } from '../classifier/zero-shot.ts';
import { createDirectoryEncoder } from '../embedder/directory-encoder.ts';
import { createEmbedder } from '../embedder/embedder.ts';
import type { TextEncoder } from '../embedder/text-encoder.ts';
import { createUseLiteEncoder } from '../embedder/use-lite-encoder.ts';
import { createAnswerer } from '../extractive/answerer.ts';
import { loadDecoder } from '../generator/decoder.ts';
import { createGenerator } from '../generator/generator.ts';
import { createCrossEncoder } from '../ranker/cross-encoder.ts';
import { createWordRanker } from '../ranker/word-ranker.ts';
import { createTensorModel } from '../tensors/tensor-model.ts';
import type { LoadedModel } from './loaded-model.ts';
import { orRelease } from './or-release.ts';
import type { EngineModel, EngineSetup } from './protocol.ts';
import { loadTokenizer } from './text-tokenizer.ts';

/** Gives out loaded models. */
export interface ModelShelf {
  /** Loads on first use. A failed load is not remembered: the next call tries again. Rejects with `model_not_found`. */
  get(name: string): Promise<LoadedModel>;
  /** Frees all models. */
  release(): Promise<void>;
}

/** Creates a shelf with nothing loaded. */
export function createModelShelf(setup: EngineSetup): ModelShelf {
  const loading = new Map<string, Promise<LoadedModel>>();
  let useLite: Promise<TextEncoder> | undefined;

  // Everything built in that compares meanings shares one copy of the encoder.
  const sharedUseLite = (cacheDir: string): Promise<TextEncoder> => {
    useLite ??= createUseLiteEncoder(cacheDir, setup.intraOpThreads).catch((error: unknown) => {
      useLite = undefined;
      throw error;
    });
    return useLite;
  };

  const load = async (model: EngineModel): Promise<LoadedModel> => {
    switch (model.kind) {
      case 'use-lite':
        return createEmbedder(await sharedUseLite(model.cacheDir));
      case 'encoder':
        return createEmbedder(await createDirectoryEncoder(model.dir, setup.intraOpThreads, model.pooling));
      case 'word-ranker':
        return createWordRanker(await sharedUseLite(model.cacheDir));
      case 'zero-shot':
        return createZeroShot(await sharedUseLite(model.cacheDir));
      case 'decoder': {
        const decoder = await loadDecoder(model.dir, setup.intraOpThreads);
        return orRelease(decoder, () => createGenerator(decoder, model.dir));
      }
      case 'cross-encoder':
        return createCrossEncoder(model.dir, setup.intraOpThreads);
      case 'classifier':
        return createSequenceClassifier(model.dir, setup.intraOpThreads, model.needsLabels);
      case 'tensors':
        return createTensorModel(model.dir, setup.intraOpThreads);
      case 'extractive': {
        const [encoder, tokenizer] = await Promise.all([
          sharedUseLite(model.cacheDir),
          loadTokenizer(model.tokenizerDir),
        ]);
        return createAnswerer(encoder, tokenizer);
      }
    }
  };

  return {
    get(name) {
      const known = loading.get(name);
      if (known !== undefined) return known;
      const model = setup.models.find((candidate) => candidate.name === name);
      if (model === undefined) return Promise.reject(new SluiceError('model_not_found', { param: 'model' }));
      const loaded = load(model).catch((error: unknown) => {
        loading.delete(name);
        throw named(name, error);
      });
      loading.set(name, loaded);
      return loaded;
    },
    async release() {
      const loaded = await Promise.allSettled(loading.values());
      loading.clear();
      await Promise.all(loaded.map((model) => (model.status === 'fulfilled' ? model.value.release() : undefined)));
      const shared = await useLite?.catch(() => undefined);
      useLite = undefined;
      await shared?.release();
    },
  };
}

/** A model that is configured wrongly is called by its name; where it lies and what is wrong stays in the detail. */
function named(name: string, error: unknown): unknown {
  if (!(error instanceof SluiceError) || error.reason !== 'config_invalid') return error;
  const message = `The local model '${name}' cannot be loaded.`;
  return new SluiceError('config_invalid', {
    message,
    cause: error,
    ...(error.detail === undefined ? {} : { detail: error.detail }),
  });
}
