// Ranks sentences against a question: BM25 picks candidates, sentence vectors and word coverage score them.

import { cosine, type TextEncoder } from '../embedder/text-encoder.ts';
import { maxRankedSentences, relevance } from './defaults.ts';
import type { Passage, Sentence } from './passages.ts';
import { topicWords } from './words.ts';

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

/** The usual constants of BM25 (Robertson & Zaragoza 2009). */
const saturation = 1.2;
const lengthWeight = 0.75;

interface IndexedSentence {
  readonly sentence: Sentence;
  readonly words: readonly string[];
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
  const indexed = sentences.map((sentence) => ({ sentence, words: topicWords(sentence.text) }));
  const rarity = rarityOf(indexed);
  const wanted = [...new Set(topicWords(question))];
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
        sentenceCoverage: coverage(wanted, new Set(words), rarity),
        passageCoverage: coverage(wanted, passageWords.get(sentence.passage) ?? new Set(), rarity),
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
  wanted: readonly string[],
  rarity: (word: string) => number,
): readonly IndexedSentence[] {
  if (indexed.length <= maxRankedSentences) return indexed;
  const meanLength = indexed.reduce((sum, { words }) => sum + words.length, 0) / indexed.length;
  const score = ({ words }: IndexedSentence): number => {
    let sum = 0;
    for (const word of wanted) {
      const count = words.filter((candidate) => candidate === word).length;
      const length = 1 - lengthWeight + (lengthWeight * words.length) / meanLength;
      sum += (rarity(word) * count * (saturation + 1)) / (count + saturation * length);
    }
    return sum;
  };
  return indexed
    .map((entry) => ({ entry, score: score(entry) }))
    .sort((a, b) => b.score - a.score)
    .slice(0, maxRankedSentences)
    .map(({ entry }) => entry);
}

/** Inverse document frequency over the sentences; a word that none of them has is the rarest of all. */
function rarityOf(indexed: readonly IndexedSentence[]): (word: string) => number {
  const frequency = new Map<string, number>();
  for (const { words } of indexed) {
    for (const word of new Set(words)) frequency.set(word, (frequency.get(word) ?? 0) + 1);
  }
  return (word) => {
    const count = frequency.get(word) ?? 0;
    return Math.log(1 + (indexed.length - count + 0.5) / (count + 0.5));
  };
}

/** The share of the wanted words, weighed by rarity, that are there; 0 when nothing is wanted. */
function coverage(wanted: readonly string[], present: ReadonlySet<string>, rarity: (word: string) => number): number {
  let total = 0;
  let found = 0;
  for (const word of wanted) {
    // Small contexts make idf noisy: every word weighs at least a little.
    const weight = 0.2 + rarity(word);
    total += weight;
    if (present.has(word)) found += weight;
  }
  return total === 0 ? 0 : found / total;
}
