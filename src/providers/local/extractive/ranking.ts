// Ranks sentences against a question: BM25 picks candidates, sentence vectors and word coverage score them.

import { cosine, type TextEncoder } from '../embedder/text-encoder.ts';
import { bm25Shares, type CountedText, countWords, coverage, type Rarity, rarityIn } from '../lexical/word-evidence.ts';
import { topicWords } from '../lexical/words.ts';
import { maxRankedSentences, relevance } from './defaults.ts';
import type { Passage, Sentence } from './passages.ts';

/** A sentence with the probability that it answers the question. */
export interface RankedSentence {
  readonly sentence: Sentence;
  readonly probability: number;
  /** What the sentence itself adds to the score, without the passage that it shares with others. */
  readonly ownScore: number;
}

/** What a probability is made from; all between 0 and 1 (the cosine may be below 0). */
interface Evidence {
  readonly cosine: number;
  readonly sentenceCoverage: number;
  readonly passageCoverage: number;
}

interface IndexedSentence {
  readonly sentence: Sentence;
  readonly words: CountedText;
}

/**
 * The candidates, best first; equal ones in the order of the text. `checkpoint` is called between sentences and may throw to
 * stop the work.
 */
export async function rankSentences(
  question: string,
  sentences: readonly Sentence[],
  encoder: TextEncoder,
  checkpoint: () => void,
): Promise<readonly RankedSentence[]> {
  const evidence = await weighSentences(question, sentences, encoder, checkpoint);
  return evidence
    .map(({ sentence, evidence: found }) => ({
      sentence,
      probability: probabilityOf(found),
      ownScore: ownScoreOf(found),
    }))
    .sort((a, b) => b.probability - a.probability || a.sentence.order - b.sentence.order);
}

/** The evidence for every candidate. */
async function weighSentences(
  question: string,
  sentences: readonly Sentence[],
  encoder: TextEncoder,
  checkpoint: () => void,
): Promise<readonly { sentence: Sentence; evidence: Evidence }[]> {
  const indexed = sentences.map((sentence) => ({ sentence, words: countWords(topicWords(sentence.text)) }));
  const rarity = rarityIn(indexed.map(({ words }) => words));
  const wanted = new Set(topicWords(question));
  const passageWords = new Map<Passage, ReadonlySet<string>>();
  for (const { passage } of sentences) {
    if (!passageWords.has(passage)) passageWords.set(passage, new Set(topicWords(`${passage.source} ${passage.text}`)));
  }
  const { vector } = await encoder.encode(question);
  const weighed: { sentence: Sentence; evidence: Evidence }[] = [];
  for (const { sentence, words } of candidates(indexed, wanted, rarity)) {
    checkpoint();
    const encoded = await encoder.encode(sentence.text);
    weighed.push({
      sentence,
      evidence: {
        cosine: cosine(vector, encoded.vector),
        sentenceCoverage: coverage(wanted, (word) => words.counts.has(word), rarity),
        passageCoverage: coverage(wanted, (word) => passageWords.get(sentence.passage)?.has(word) === true, rarity),
      },
    });
  }
  return weighed;
}

function probabilityOf(evidence: Evidence): number {
  const score = relevance.bias + ownScoreOf(evidence) + relevance.passageCoverage * evidence.passageCoverage;
  return 1 / (1 + Math.exp(-score));
}

function ownScoreOf(evidence: Evidence): number {
  return relevance.cosine * evidence.cosine + relevance.sentenceCoverage * evidence.sentenceCoverage;
}

/** All sentences of a short context; of a long one the best by BM25, then the first ones. */
function candidates(
  indexed: readonly IndexedSentence[],
  wanted: ReadonlySet<string>,
  rarity: Rarity,
): readonly IndexedSentence[] {
  if (indexed.length <= maxRankedSentences) return indexed;
  const words = indexed.map((entry) => entry.words);
  const scores = bm25Shares(wanted, words, rarity);
  return indexed
    .map((entry, index) => ({ entry, score: scores[index] ?? 0 }))
    .sort((a, b) => b.score - a.score)
    .slice(0, maxRankedSentences)
    .map(({ entry }) => entry);
}
