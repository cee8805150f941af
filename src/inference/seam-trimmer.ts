// The first texts of a continuation, without what the caller has already.

/**
 * Two things can come twice, in this order. Where the vendor may repeat the text that it was given (`echo`), the beginning is held
 * back as long as it reads like that text; if it is all of it, it is dropped, else it is said after all. Then the white space that the
 * caller has seen and the target was not given (`withheld`): what the continuation has in common with it, from its first character on, is
 * dropped. Nothing else is: a text that truly repeats itself keeps all its words.
 */
export class SeamTrimmer {
  readonly #echo: string;
  readonly #withheld: string;
  /** Characters of `echo` that are held back. */
  #echoed: number = 0;
  #dropped: number = 0;
  #isPastEcho: boolean;
  #isDone: boolean;

  constructor(echo: string, withheld: string) {
    this.#echo = echo;
    this.#withheld = withheld;
    this.#isPastEcho = echo === '';
    this.#isDone = this.#isPastEcho && withheld === '';
  }

  /** True when texts pass as they are from now on. */
  get isDone(): boolean {
    return this.#isDone;
  }

  /** What is new of a text; '' when none of it is, or when that is not known yet. */
  trim(text: string): string {
    if (this.#isDone) return text;
    return this.#isPastEcho ? this.#withoutSpace(text) : this.#withoutEcho(text);
  }

  /** What was held back and is said after all, because no more text comes. Nothing is trimmed after it. */
  release(): string {
    const held = this.#isPastEcho ? '' : this.#withoutSpace(this.#echo.slice(0, this.#echoed));
    this.#isPastEcho = true;
    this.#isDone = true;
    return held;
  }

  #withoutEcho(text: string): string {
    const expected = this.#echo.slice(this.#echoed, this.#echoed + text.length);
    if (!text.startsWith(expected)) {
      const held = this.#echo.slice(0, this.#echoed);
      this.#isPastEcho = true;
      return this.#withoutSpace(held + text);
    }
    this.#echoed += expected.length;
    if (this.#echoed < this.#echo.length) return '';
    this.#isPastEcho = true;
    return this.#withoutSpace(text.slice(expected.length));
  }

  #withoutSpace(text: string): string {
    let common = 0;
    while (common < text.length && text[common] === this.#withheld[this.#dropped]) {
      common += 1;
      this.#dropped += 1;
    }
    this.#isDone = common < text.length || this.#dropped === this.#withheld.length;
    return text.slice(common);
  }
}
