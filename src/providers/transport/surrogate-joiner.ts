// Characters beyond U+FFFF that a vendor has cut in two: `\ud83d` at the end of one delta, `\ude00` at the beginning of the next.
// JSON can say so and UTF-8 cannot, so each half alone would become U+FFFD on the way to the caller.

import type { PredictPart } from '../../core/predict.ts';

type TextPart = Extract<PredictPart, { type: 'text-delta' | 'reasoning-delta' | 'refusal-delta' }>;
type ArgumentsPart = Extract<PredictPart, { type: 'tool-call-delta' }>;

/**
 * Holds back the first half of a character until the next delta of the same text, reasoning, refusal or call, which gets it in
 * front. Opaque parts pass by, as they may come in the middle of a text. Whatever else follows shows that the half is alone: it
 * is sent as it came. At most one half for each text or call that is open is held at a time.
 */
export class SurrogateJoiner {
  /** Halves by what they belong to. Empty in nearly every stream. */
  readonly #halves: Map<string, { readonly part: TextPart | ArgumentsPart; readonly half: string }> = new Map();

  /** Mends the parts from `from` on, in place. */
  join(parts: PredictPart[], from: number): void {
    for (let index = from; index < parts.length; index += 1) {
      const part = parts[index];
      if (part !== undefined && (this.#halves.size > 0 || endsInHalf(part))) index = this.#mend(parts, index, part);
    }
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
    const isEmpty = textOf(shown) === '' && Object.keys(shown).length === emptyFields[shown.type];
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
    for (const [other, { part: held, half }] of this.#halves) {
      const isNext = other === key && !('startsBlock' in part);
      const isBeside = held.type === 'tool-call-delta' && part.type !== 'end';
      if (isNext || isBeside) continue;
      this.#halves.delete(other);
      lone.push(held.type === 'tool-call-delta' ? withText(held, half) : { type: held.type, text: half });
    }
    return lone;
  }
}

/** Fields of a part that says nothing. */
const emptyFields = { 'text-delta': 2, 'reasoning-delta': 2, 'refusal-delta': 2, 'tool-call-delta': 3 } as const;

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
