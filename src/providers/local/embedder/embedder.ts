// A text encoder as a model of the engine: many texts per call, cancellable between two of them.

import { abortReason } from '../../../core/error.ts';
import type { LoadedModel } from '../engine/loaded-model.ts';
import type { TextEncoder } from './text-encoder.ts';

/** Wraps an encoder. */
export function createEmbedder(encoder: TextEncoder): LoadedModel {
  return {
    facts: { contextTokens: encoder.maxTokens, embeddingDimensions: encoder.dimensions },
    async embed({ texts }, signal) {
      const vectors: Float32Array<ArrayBuffer>[] = [];
      const truncated: number[] = [];
      let inputTokens = 0;
      for (const [position, text] of texts.entries()) {
        if (signal.aborted) throw abortReason(signal);
        const encoded = await encoder.encode(text);
        vectors.push(encoded.vector);
        inputTokens += encoded.tokens;
        if (encoded.truncated) truncated.push(position);
      }
      return { vectors, inputTokens, truncated };
    },
    release: () => encoder.release(),
  };
}
