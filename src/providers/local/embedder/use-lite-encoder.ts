// Universal Sentence Encoder lite as a text encoder: English, 512 dimensions, at most 128 tokens.

import type * as ort from 'onnxruntime-node';
import { openSessionFile } from '../engine/model-directory.ts';
import { integerTensor } from '../token-graph/integer-tensor.ts';
import { useLiteDimensions, useLiteMaxTokens } from '../use-lite/convert.ts';
import { ensureUseLiteModel } from '../use-lite/model-file.ts';
import { createUnigramTokenizer } from '../use-lite/unigram-tokenizer.ts';
import { readUseLiteVocabulary } from '../use-lite/weights.ts';
import type { TextEncoder } from './text-encoder.ts';

/** Loads the encoder; converts its weights into `cacheDir` first when that was not done yet. */
export async function createUseLiteEncoder(cacheDir: string, intraOpThreads: number): Promise<TextEncoder> {
  const [vocabulary, path] = await Promise.all([readUseLiteVocabulary(), ensureUseLiteModel(cacheDir)]);
  const tokenizer = createUnigramTokenizer(vocabulary);
  let session: ort.InferenceSession | undefined = await openSessionFile(path, intraOpThreads);

  return {
    dimensions: useLiteDimensions,
    maxTokens: useLiteMaxTokens,
    countTokens: (text) => tokenizer.encode(text).length,
    async encode(text) {
      const all = tokenizer.encode(text);
      const ids = all.slice(0, useLiteMaxTokens);
      // A text without tokens is one row of padding: the graph gives it the vector of an empty mean, as the original does.
      const feeds = {
        input_ids: integerTensor(ids.length === 0 ? [0] : ids),
        attention_mask: integerTensor(ids.length === 0 ? [0] : ids.map(() => 1)),
      };
      if (session === undefined) throw new Error('the encoder was released');
      const { sentence_embedding: output } = await session.run(feeds);
      return {
        vector: Float32Array.from(output?.data as Float32Array),
        tokens: ids.length,
        truncated: all.length > ids.length,
      };
    },
    async release() {
      const open = session;
      session = undefined;
      await open?.release();
    },
  };
}
