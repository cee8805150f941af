// What the words of texts say about how well they fit a question: rarity, coverage and BM25. Counts only; nothing here knows
// of vectors or models.

/** The usual constants of BM25 (Robertson & Zaragoza 2009). */
const saturation = 1.2;
const lengthWeight = 0.75;

/** Small collections make rarity noisy: in a coverage every word weighs at least this much. */
const leastWeight = 0.2;

/** How rare a word is in a collection: its inverse document frequency. */
export type Rarity = (word: string) => number;

/** A text by its words. */
export interface CountedText {
  /** How often each word is there; words that nobody asks about may be left out. */
  readonly counts: ReadonlyMap<string, number>;
  /** All its words. */
  readonly length: number;
}

/** Counts the words; with `only`, those of the set. */
export function countWords(words: readonly string[], only?: ReadonlySet<string>): CountedText {
  const counts = new Map<string, number>();
  for (const word of words) if (only?.has(word) !== false) counts.set(word, (counts.get(word) ?? 0) + 1);
  return { counts, length: words.length };
}

/** Inverse document frequency over the texts; a word that none of them has is the rarest of all. */
export function rarityIn(texts: readonly CountedText[]): Rarity {
  const frequency = new Map<string, number>();
  for (const { counts } of texts) {
    for (const word of counts.keys()) frequency.set(word, (frequency.get(word) ?? 0) + 1);
  }
  return (word) => {
    const count = frequency.get(word) ?? 0;
    return Math.log(1 + (texts.length - count + 0.5) / (count + 0.5));
  };
}

/** The share of the wanted words, weighed by rarity, that are there; 0 when nothing is wanted. */
export function coverage(wanted: Iterable<string>, isPresent: (word: string) => boolean, rarity: Rarity): number {
  let total = 0;
  let found = 0;
  for (const word of wanted) {
    const weight = leastWeight + rarity(word);
    total += weight;
    if (isPresent(word)) found += weight;
  }
  return total === 0 ? 0 : found / total;
}

/**
 * The BM25 score of each text as a share of the most that any text could reach: 0 without a wanted word, near 1 for one that
 * repeats them all. So questions of different length have scores of one scale.
 */
export function bm25Shares(wanted: ReadonlySet<string>, texts: readonly CountedText[], rarity: Rarity): number[] {
  const meanLength = texts.reduce((sum, { length }) => sum + length, 0) / Math.max(1, texts.length);
  const weights = [...wanted].map((word) => [word, rarity(word)] as const);
  const most = weights.reduce((sum, [, weight]) => sum + weight * (saturation + 1), 0);
  return texts.map(({ counts, length }) => {
    if (most === 0 || meanLength === 0) return 0;
    const damping = saturation * (1 - lengthWeight + (lengthWeight * length) / meanLength);
    let score = 0;
    for (const [word, weight] of weights) {
      const count = counts.get(word) ?? 0;
      score += (weight * count * (saturation + 1)) / (count + damping);
    }
    return score / most;
  });
}
