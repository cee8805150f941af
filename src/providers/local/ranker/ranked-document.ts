// A document on its way to being ranked: its words, and the passages whose vectors will speak for it.

import { type CountedText, countWords, coverage, type Rarity } from '../lexical/word-evidence.ts';
import { topicWords } from '../lexical/words.ts';
import { maxPassages, passageCharacters, passageWords } from './defaults.ts';

/** A document by its words. */
export interface ReadDocument {
  readonly words: CountedText;
  readonly passages: readonly Passage[];
}

interface Passage {
  readonly text: string;
  /** Words of the query that are in it. */
  readonly found: ReadonlySet<string>;
}

/** Cuts a document into passages and counts the wanted words. */
export function readDocument(text: string, wanted: ReadonlySet<string>): ReadDocument {
  const counts = new Map<string, number>();
  const passages: Passage[] = [];
  let length = 0;
  for (const passage of cutPassages(text)) {
    const words = countWords(topicWords(passage), wanted);
    length += words.length;
    for (const [word, count] of words.counts) counts.set(word, (counts.get(word) ?? 0) + count);
    passages.push({ text: passage, found: new Set(words.counts.keys()) });
  }
  return { words: { counts, length }, passages };
}

/** The passages to compare, at most `maxPassages`: those that hold most of the query's rare words, the earlier of equal ones. */
export function tellingPassages(
  document: ReadDocument,
  wanted: ReadonlySet<string>,
  rarity: Rarity,
): readonly string[] {
  if (document.passages.length <= maxPassages) return document.passages.map(({ text }) => text);
  return document.passages
    .map(({ text, found }) => ({ text, share: coverage(wanted, (word) => found.has(word), rarity) }))
    .sort((a, b) => b.share - a.share)
    .slice(0, maxPassages)
    .map(({ text }) => text);
}

/** A text that is little longer than one passage stays whole; so does the empty text. */
function cutPassages(text: string): string[] {
  const words = text.split(/\s+/).filter((word) => word !== '');
  const lines = words.length <= passageWords * 1.25 ? [words] : groups(words);
  return lines.flatMap((line) => sliced(line.join(' ')));
}

function groups(words: readonly string[]): string[][] {
  const lines: string[][] = [];
  for (let at = 0; at < words.length; at += passageWords) lines.push(words.slice(at, at + passageWords));
  return lines;
}

function sliced(text: string): string[] {
  const slices = [text.slice(0, passageCharacters)];
  for (let at = passageCharacters; at < text.length; at += passageCharacters) {
    slices.push(text.slice(at, at + passageCharacters));
  }
  return slices;
}
