// The built-in ranking as a model of the engine: how near a passage of the document is to the query by meaning, plus how much of
// the query's words the document holds. Neither is enough alone: vectors blur names and numbers, words miss paraphrases.

import { cosine, type TextEncoder } from '../embedder/text-encoder.ts';
import type { LoadedModel } from '../engine/loaded-model.ts';
import type { RankResult } from '../engine/protocol.ts';
import { nextTurn } from '../engine/turn.ts';
import { bm25Shares, rarityIn } from '../lexical/word-evidence.ts';
import { topicWords } from '../lexical/words.ts';
import { scoreCurve, wordWeight } from './defaults.ts';
import { type ReadDocument, readDocument, tellingPassages } from './ranked-document.ts';

/** Makes a ranking model of an encoder. */
export function createWordRanker(encoder: TextEncoder): LoadedModel {
  return {
    // Documents are read in passages, so there is no length to state.
    facts: {},
    rank: ({ query, documents }, signal) => rank(encoder, query, documents, signal),
    release: () => encoder.release(),
  };
}

async function rank(
  encoder: TextEncoder,
  query: string,
  documents: readonly string[],
  signal: AbortSignal,
): Promise<RankResult> {
  const wanted = new Set(topicWords(query));
  const read: ReadDocument[] = [];
  for (const document of documents) {
    await nextTurn(signal);
    read.push(readDocument(document, wanted));
  }
  const words = read.map((document) => document.words);
  const rarity = rarityIn(words);
  const shares = bm25Shares(wanted, words, rarity);

  const asked = await encoder.encode(query);
  let inputTokens = asked.tokens;
  const scores: number[] = [];
  for (const [index, document] of read.entries()) {
    let nearest = -1;
    for (const passage of tellingPassages(document, wanted, rarity)) {
      await nextTurn(signal);
      const { vector, tokens } = await encoder.encode(passage);
      inputTokens += tokens;
      nearest = Math.max(nearest, cosine(asked.vector, vector));
    }
    scores.push(scoreOf(nearest, shares[index] ?? 0));
  }
  // Long documents are read in passages; only a query can be cut off.
  return { scores, inputTokens, truncated: [], isQueryCut: asked.truncated };
}

function scoreOf(nearest: number, share: number): number {
  const sum = nearest + wordWeight * share;
  return 1 / (1 + Math.exp(-scoreCurve.steepness * (sum - scoreCurve.middle)));
}
