// The control tokens that a tokenizer puts around a text, and around and between two texts, such as [CLS] and [SEP]. Knowing
// them apart from the text lets a text be shortened without losing them.

import { maxCharactersPerToken } from '../defaults.ts';
import type { TextTokenizer } from '../engine/text-tokenizer.ts';

/** Ids as the graph reads them, with the token type of each. */
export interface FramedRow {
  readonly ids: readonly number[];
  readonly segments: readonly number[];
}

/** What stands around one text. */
export interface TextFrame {
  /** Control tokens of one row. */
  readonly size: number;
  wrap(body: readonly number[]): FramedRow;
}

/** What stands around and between two texts. */
export interface PairFrame {
  /** Control tokens of one row. */
  readonly size: number;
  wrap(first: readonly number[], second: readonly number[]): FramedRow;
}

/** A text that any tokenizer turns into one or two plain tokens. */
const probe = 'a';
/** Another one. */
const otherProbe = 'b';

/** The frame around one text. A tokenizer whose probe cannot be found again has an empty one. */
export function textFrame(tokenizer: TextTokenizer): TextFrame {
  const whole = tokenizer.encode(probe);
  const body = tokenizer.encodeBare(probe);
  const start = indexOfRun(whole, body, 0);
  const prefix = start < 0 ? [] : whole.slice(0, start);
  const suffix = start < 0 ? [] : whole.slice(start + body.length);
  return {
    size: prefix.length + suffix.length,
    wrap: (ids) => ({ ids: [...prefix, ...ids, ...suffix], segments: [] }),
  };
}

/** The frame of a pair; `undefined` for a tokenizer that joins no pairs. */
export function pairFrame(tokenizer: TextTokenizer): PairFrame | undefined {
  const { ids, segments } = tokenizer.encodePair(probe, otherProbe);
  const first = tokenizer.encodeBare(probe);
  const second = tokenizer.encodeBare(otherProbe);
  const firstAt = indexOfRun(ids, first, 0);
  const secondAt = firstAt < 0 ? -1 : indexOfRun(ids, second, firstAt + first.length);
  if (secondAt < 0) return undefined;
  const pieces = [0, firstAt, firstAt + first.length, secondAt, secondAt + second.length, ids.length];
  const cut = (list: readonly number[], piece: number): readonly number[] =>
    list.slice(pieces[piece], pieces[piece + 1]);
  const [prefix, middle, suffix] = [cut(ids, 0), cut(ids, 2), cut(ids, 4)];
  const [firstSegment = 0] = cut(segments, 1);
  const [secondSegment = 0] = cut(segments, 3);
  return {
    size: prefix.length + middle.length + suffix.length,
    wrap: (a, b) => ({
      ids: [...prefix, ...a, ...middle, ...b, ...suffix],
      segments: [
        ...cut(segments, 0),
        ...a.map(() => firstSegment),
        ...cut(segments, 2),
        ...b.map(() => secondSegment),
        ...cut(segments, 4),
      ],
    }),
  };
}

/** Ids of the beginning of a text, and whether the text has more. */
export interface ReadStart {
  readonly ids: readonly number[];
  readonly isCut: boolean;
}

/**
 * The first `room` ids of a text. Of a text that cannot fit only as much is tokenised as could: a tokenizer takes seconds for
 * megabytes.
 */
export function readStart(tokenizer: TextTokenizer, text: string, room: number): ReadStart {
  const reach = (room + 1) * maxCharactersPerToken;
  const ids = tokenizer.encodeBare(text.slice(0, reach));
  return { ids: ids.slice(0, room), isCut: ids.length > room || text.length > reach };
}

function indexOfRun(list: readonly number[], run: readonly number[], from: number): number {
  if (run.length === 0) return -1;
  return list.findIndex((_, index) => index >= from && run.every((id, offset) => list[index + offset] === id));
}
