// Characters beyond U+FFFF that a vendor has cut in two: `\ud83d` at the end of one delta, `\ude00` at the beginning of the next.
// JSON can say so and UTF-8 cannot, so each half alone would become U+FFFD on the way to the caller.

import { type DeltaPart, isEmptyDelta, type PredictPart } from '../../core/predict.ts';

type TextPart = Extract<PredictPart, { type: 'text-delta' | 'reasoning-delta' | 'refusal-delta' }>;
type ArgumentsPart = Extract<PredictPart, { type: 'tool-call-delta' }>;
type OtherPart = Extract<PredictPart, { type: 'choice-part' | 'choice-end' }>;

interface HeldHalf {
  readonly part: TextPart | ArgumentsPart;
  readonly half: string;
}

/**
 * Holds back the first half of a character until the next delta of the same text, reasoning, refusal or call, which gets it in
 * front. Opaque parts pass by, as they may come in the middle of a text. Whatever else follows shows that the half is alone: it
 * is sent as it came. At most one half for each text or call that is open is held at a time.
 */
export class SurrogateJoiner {
  /** Halves by what they belong to. Empty in nearly every stream. */
  readonly #halves: Map<string, HeldHalf> = new Map();
  /** The joiners of the choices behind the first, as each is a text of its own. Absent in nearly every stream. */
  #others: Map<number, SurrogateJoiner> | undefined;

  /** Mends the parts from `from` on, in place. */
  join(parts: PredictPart[], from: number): void {
    for (let index = from; index < parts.length; index += 1) {
      const part = parts[index];
      if (part === undefined) continue;
      if (part.type === 'choice-part' || part.type === 'choice-end') index = this.#joinOther(parts, index, part);
      else if (this.#halves.size > 0 || endsInHalf(part)) index = this.#mend(parts, index, part);
    }
  }

  /** Mends a part of another choice by itself. Returns the position of the last part that is done. */
  #joinOther(parts: PredictPart[], index: number, part: OtherPart): number {
    const joiner = this.#others?.get(part.choice);
    const held = joiner === undefined ? [] : [...joiner.#halves.values()];
    if (part.type === 'choice-end') {
      const lone = held.map((half) => ({ type: 'choice-part', choice: part.choice, part: alone(half) }) as const);
      parts.splice(index, 0, ...lone);
      return index + lone.length;
    }
    if (held.length === 0 && !endsInHalf(part.part)) return index;
    const mended: PredictPart[] = [part.part];
    this.#joinerOf(part.choice).join(mended, 0);
    // Deltas go in, so deltas come out.
    parts.splice(index, 1, ...mended.map((delta) => ({ ...part, part: delta as DeltaPart })));
    return index + mended.length - 1;
  }

  #joinerOf(choice: number): SurrogateJoiner {
    this.#others ??= new Map();
    const joiner = this.#others.get(choice) ?? new SurrogateJoiner();
    this.#others.set(choice, joiner);
    return joiner;
  }

  /** Returns the position of the last part that is done. */
  #mend(parts: PredictPart[], index: number, part: PredictPart): number {
    if (part.type === 'opaque-delta' || part.type === 'start') return index;
    const key = keyOf(part);
    const lone = this.#lone(part, key);
    if (key === undefined) {
      parts.splice(index, 0, ...lone);
      return index + lone.length;
    }
    const delta = part as TextPart | ArgumentsPart;
    const text = `${this.#take(key)}${textOf(delta)}`;
    const half = halfAtEnd(text);
    if (half !== '') this.#halves.set(key, { part: delta, half });
    const shown = withText(delta, half === '' ? text : text.slice(0, -1));
    const isEmpty = isEmptyDelta(shown);
    parts.splice(index, 1, ...lone, ...(isEmpty ? [] : [shown]));
    return index + lone.length - (isEmpty ? 1 : 0);
  }

  #take(key: string): string {
    const held = this.#halves.get(key)?.half ?? '';
    this.#halves.delete(key);
    return held;
  }

  /** The halves whose other half cannot come any more. Calls may be written side by side; all else ends with what follows. */
  #lone(part: PredictPart, key: string | undefined): PredictPart[] {
    const lone: PredictPart[] = [];
    for (const [other, held] of this.#halves) {
      const isNext = other === key && !('startsBlock' in part);
      const isBeside = held.part.type === 'tool-call-delta' && part.type !== 'end';
      if (isNext || isBeside) continue;
      this.#halves.delete(other);
      lone.push(alone(held));
    }
    return lone;
  }
}

/** A half whose other half will not come, as a part. */
function alone({ part, half }: HeldHalf): DeltaPart {
  return part.type === 'tool-call-delta' ? withText(part, half) : { type: part.type, text: half };
}

function keyOf(part: PredictPart): string | undefined {
  if (part.type === 'tool-call-delta') return `call ${part.index}`;
  return part.type === 'text-delta' || part.type === 'reasoning-delta' || part.type === 'refusal-delta'
    ? part.type
    : undefined;
}

function textOf(part: TextPart | ArgumentsPart): string {
  return part.type === 'tool-call-delta' ? part.argumentsDelta : part.text;
}

function withText<Part extends TextPart | ArgumentsPart>(part: Part, text: string): Part {
  return part.type === 'tool-call-delta' ? { ...part, argumentsDelta: text } : { ...part, text };
}

function endsInHalf(part: PredictPart): boolean {
  switch (part.type) {
    case 'text-delta':
    case 'reasoning-delta':
    case 'refusal-delta':
      return isHighSurrogate(part.text.charCodeAt(part.text.length - 1));
    case 'tool-call-delta':
      return isHighSurrogate(part.argumentsDelta.charCodeAt(part.argumentsDelta.length - 1));
    default:
      return false;
  }
}

function halfAtEnd(text: string): string {
  return isHighSurrogate(text.charCodeAt(text.length - 1)) ? text.slice(-1) : '';
}

/** NaN, the code of nothing, is none. */
function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}
