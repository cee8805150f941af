// SentencePiece unigram tokenizer for USE-lite: finds the most probable split of a text into pieces (Kudo 2018, Viterbi).
// Encoding only: nothing ever turns USE ids back into text.

/** Ids below this are control symbols that no text may produce; 0 stands for whatever the vocabulary lacks. */
const reservedIds = 6;
const unknownId = 0;
/** SentencePiece's own penalty: an unknown character is worse than the rarest piece by this much. */
const unknownPenalty = 10;
/** Marks the start of a word inside pieces. */
const wordStart = '\u2581';

interface TrieNode {
  readonly next: Map<string, TrieNode>;
  id: number;
  score: number;
}

/** Splits text into the piece ids that USE-lite was trained on. Stateless after construction. */
export interface UnigramTokenizer {
  /** All ids of the text, untruncated; empty only for the empty text. Time grows linearly with the text. */
  encode(text: string): number[];
}

/** Builds a tokenizer from the package's `vocab.json`: pairs of piece and log probability, in id order. */
export function createUnigramTokenizer(vocabulary: readonly (readonly [string, number])[]): UnigramTokenizer {
  const root: TrieNode = { next: new Map(), id: -1, score: 0 };
  let lowest = 0;
  vocabulary.forEach(([piece, score], id) => {
    if (id < reservedIds) return;
    insert(root, piece, id, score);
    lowest = Math.min(lowest, score);
  });
  return { encode: (text) => bestPath(root, characters(text), lowest - unknownPenalty) };
}

function insert(root: TrieNode, piece: string, id: number, score: number): void {
  let node = root;
  for (const character of piece) {
    let child = node.next.get(character);
    if (child === undefined) {
      child = { next: new Map(), id: -1, score: 0 };
      node.next.set(character, child);
    }
    node = child;
  }
  node.id = id;
  node.score = score;
}

function characters(text: string): string[] {
  const normal = text.normalize('NFKC');
  return normal === '' ? [] : [...(wordStart + normal.replaceAll(' ', wordStart))];
}

function bestPath(root: TrieNode, symbols: readonly string[], unknownScore: number): number[] {
  const best = new Float64Array(symbols.length + 1).fill(Number.NEGATIVE_INFINITY);
  const from = new Int32Array(symbols.length + 1);
  const ids = new Int32Array(symbols.length + 1);
  best[0] = 0;
  const offer = (start: number, end: number, id: number, score: number): void => {
    const total = (best[start] ?? 0) + score;
    // On a tie the later start wins, as in the original; it decides between pieces of equal probability only.
    if (total < (best[end] ?? 0)) return;
    best[end] = total;
    from[end] = start;
    ids[end] = id;
  };
  for (let start = 0; start < symbols.length; start += 1) {
    offer(start, start + 1, unknownId, unknownScore);
    let node = root.next.get(symbols[start] ?? '');
    for (let end = start + 1; node !== undefined; end += 1) {
      if (node.id >= 0) offer(start, end, node.id, node.score);
      node = node.next.get(symbols[end] ?? '');
    }
  }
  return joined(from, ids);
}

/** Walks back from the end; a run of unknown characters counts as one unknown piece. */
function joined(from: Int32Array, ids: Int32Array): number[] {
  const path: number[] = [];
  for (let end = ids.length - 1; end > 0; end = from[end] ?? 0) {
    const id = ids[end] ?? unknownId;
    if (id !== unknownId || path.at(-1) !== unknownId) path.push(id);
  }
  return path.reverse();
}
