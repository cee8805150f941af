// The built-in classification into labels that the caller brings: how near a text is to the label by meaning, and how much of
// the label's words it holds. It has seen no example, and it cannot say "none of these": the scores of a text add up to 1.

import { SluiceError } from '../../../core/error.ts';
import { cosine, type TextEncoder } from '../embedder/text-encoder.ts';
import type { LoadedModel } from '../engine/loaded-model.ts';
import type { ClassifyResult } from '../engine/protocol.ts';
import { nextTurn } from '../engine/turn.ts';
import { countWords, coverage, type Rarity, rarityIn } from '../lexical/word-evidence.ts';
import { topicWords } from '../lexical/words.ts';
import { labelWordWeight, sharpness } from './defaults.ts';
import { softmax } from './probabilities.ts';

/** Makes a zero-shot classifier of an encoder. */
export function createZeroShot(encoder: TextEncoder): LoadedModel {
  return {
    facts: { contextTokens: encoder.maxTokens },
    async classify({ texts, labels }, signal) {
      if (labels === undefined) throw labelsMissing();
      return classify(encoder, texts, labels, signal);
    },
    release: () => encoder.release(),
  };
}

interface ReadLabel {
  readonly vector: Float32Array;
  readonly words: ReadonlySet<string>;
}

async function classify(
  encoder: TextEncoder,
  texts: readonly string[],
  labels: readonly string[],
  signal: AbortSignal,
): Promise<ClassifyResult> {
  const read: ReadLabel[] = [];
  let areLabelsCut = false;
  let inputTokens = 0;
  for (const label of labels) {
    await nextTurn(signal);
    const plain = label.replaceAll(/[_\s]+/g, ' ').trim();
    const { vector, tokens, truncated: isCut } = await encoder.encode(plain);
    inputTokens += tokens;
    areLabelsCut ||= isCut;
    read.push({ vector, words: new Set(topicWords(plain)) });
  }
  const rarity = rarityIn(read.map(({ words }) => countWords([...words])));
  const scores: number[][] = [];
  const truncated: number[] = [];
  for (const [position, text] of texts.entries()) {
    await nextTurn(signal);
    const encoded = await encoder.encode(text);
    inputTokens += encoded.tokens;
    if (encoded.truncated) truncated.push(position);
    scores.push(scoresOf(encoded.vector, new Set(topicWords(text)), read, rarity));
  }
  return { labels, scores, inputTokens, truncated, areLabelsCut };
}

function scoresOf(
  vector: Float32Array,
  words: ReadonlySet<string>,
  labels: readonly ReadLabel[],
  rarity: Rarity,
): number[] {
  const sharp = sharpness(labels.length);
  return softmax(
    labels.map((label) => {
      const share = coverage(label.words, (word) => words.has(word), rarity);
      return sharp * (cosine(vector, label.vector) + labelWordWeight * share);
    }),
  );
}

function labelsMissing(): SluiceError {
  return new SluiceError('invalid_request', {
    message: "This model has no labels of its own: name those to choose from in 'labels'.",
    param: 'labels',
  });
}
