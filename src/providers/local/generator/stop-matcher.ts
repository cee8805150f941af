// Finds stop sequences in a text that arrives in pieces, wherever the pieces are cut. Text that could still be the beginning
// of a stop sequence is held back until that is decided.

/** What may be shown after a piece. */
export interface StopOutcome {
  /** Text that is certainly not part of a stop sequence. */
  readonly text: string;
  /** The stop sequence that was found; nothing after it is ever shown. */
  readonly matched?: string;
}

/** Watches one answer. */
export interface StopMatcher {
  add(piece: string): StopOutcome;
  /** The text that was held back, when the answer ended without a match. */
  rest(): string;
}

/** Creates a matcher. Empty stop sequences are ignored. The match that ends first wins; of those, the longest. */
export function createStopMatcher(sequences: readonly string[]): StopMatcher {
  const stops = sequences.filter((stop) => stop !== '');
  const longest = stops.reduce((length, stop) => Math.max(length, stop.length), 0);
  let held = '';

  return {
    add(piece) {
      const from = held.length;
      held += piece;
      // A match ends inside the new piece: earlier ones were found when their last character came.
      for (let end = from + 1; end <= held.length; end += 1) {
        const matched = longestEndingAt(held, end, stops);
        if (matched === undefined) continue;
        const text = held.slice(0, end - matched.length);
        held = '';
        return { text, matched };
      }
      const keep = openSuffix(held, stops, longest);
      const text = held.slice(0, held.length - keep);
      held = held.slice(held.length - keep);
      return { text };
    },
    rest() {
      const text = held;
      held = '';
      return text;
    },
  };
}

function longestEndingAt(text: string, end: number, stops: readonly string[]): string | undefined {
  let found: string | undefined;
  for (const stop of stops) {
    if ((found === undefined || stop.length > found.length) && text.endsWith(stop, end)) found = stop;
  }
  return found;
}

/** Length of the longest end of the text that is a proper beginning of a stop sequence. */
function openSuffix(text: string, stops: readonly string[], longest: number): number {
  for (let length = Math.min(text.length, longest - 1); length > 0; length -= 1) {
    const suffix = text.slice(text.length - length);
    if (stops.some((stop) => stop.length > length && stop.startsWith(suffix))) return length;
  }
  return 0;
}
