// Tells when the text of a JSON object or array is complete, character by character, without keeping or parsing it.

/** Follows one growing text. `isComplete` becomes true with the bracket that closes the outermost one, and stays so. */
export class JsonProgress {
  #depth = 0;
  #isInString = false;
  #isEscaped = false;
  #isComplete = false;

  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** Reads more of the text. */
  add(text: string): void {
    for (let at = 0; at < text.length && !this.#isComplete; at += 1) this.#read(text[at]);
  }

  #read(character: string | undefined): void {
    if (this.#isEscaped) this.#isEscaped = false;
    else if (this.#isInString) {
      if (character === '\\') this.#isEscaped = true;
      else if (character === '"') this.#isInString = false;
    } else if (character === '"') this.#isInString = true;
    else if (character === '{' || character === '[') this.#depth += 1;
    else if (character === '}' || character === ']') {
      this.#depth -= 1;
      this.#isComplete = this.#depth <= 0;
    }
  }
}
