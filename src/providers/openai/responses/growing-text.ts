// A text that comes in deltas and is repeated whole: what the whole adds, and whether it says the same.

import { upstreamMalformed } from '../../../core/error.ts';

/**
 * Keeps no text, only its length and a running hash: as much as it takes to tell a whole of which a delta was lost, doubled or
 * swapped, however long the text is.
 */
export class GrowingText {
  #units: number = 0;
  #hash: number = emptyHash;
  #isWhole: boolean = false;

  /** Nothing was said yet. */
  get isEmpty(): boolean {
    return this.#units === 0;
  }

  /** Something was said, and no whole has confirmed it. */
  get isOpen(): boolean {
    return this.#units > 0 && !this.#isWhole;
  }

  /** A delta. Throws `upstream_malformed` when the whole has been told already. */
  add(text: string): void {
    if (this.#isWhole && text !== '') throw upstreamMalformed('more of a text that was told whole');
    this.#units += text.length;
    this.#hash = hashOf(text, text.length, this.#hash);
  }

  /**
   * What the deltas have left out of the whole, which counts as said from then on. An empty whole is what servers send that do not
   * repeat the text. Throws `upstream_malformed` when the whole does not begin with what was said.
   */
  complete(whole: string): string {
    if (whole === '') return '';
    const units = this.#units;
    if (whole.length < units || hashOf(whole, units, emptyHash) !== this.#hash) {
      throw upstreamMalformed(`${units} units of deltas that a whole of ${whole.length} contradicts`);
    }
    const rest = whole.slice(units);
    this.add(rest);
    this.#isWhole = true;
    return rest;
  }
}

/** FNV-1a over UTF-16 units. */
const emptyHash = 0x811c9dc5;
const prime = 0x01000193;

function hashOf(text: string, units: number, before: number): number {
  let hash = before;
  for (let index = 0; index < units; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), prime);
  return hash;
}
