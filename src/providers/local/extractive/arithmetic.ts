// Evaluates written sums: + - * / ^ %, brackets and decimal numbers. Never evaluates code.

/** Longest expression that is read; longer ones are no question of a person. */
const maxCharacters = 200;

/** The value of an expression, or `undefined` when the text is not one. Dividing by zero gives `undefined` too. */
export function evaluateArithmetic(text: string): number | undefined {
  if (text.length > maxCharacters) return undefined;
  const tokens = text
    .replace(/[×·]/g, '*')
    .replace(/÷/g, '/')
    .replace(/−/g, '-')
    .match(/\d+(?:\.\d+)?|[-+*/^%()]|\S/g);
  if (tokens === null || tokens.some((token) => !/^(?:\d+(?:\.\d+)?|[-+*/^%()])$/.test(token))) return undefined;
  if (tokens.length < 3) return undefined;
  const parser = new Parser(tokens);
  const value = parser.sum();
  return value !== undefined && parser.atEnd && Number.isFinite(value) ? value : undefined;
}

/** Recursive descent; every method gives `undefined` on a syntax error. */
class Parser {
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens;
  }

  get atEnd(): boolean {
    return this.#at === this.#tokens.length;
  }

  sum(): number | undefined {
    return this.#chain(() => this.#product(), { '+': (a, b) => a + b, '-': (a, b) => a - b });
  }

  #product(): number | undefined {
    return this.#chain(() => this.#power(), { '*': (a, b) => a * b, '/': (a, b) => a / b, '%': (a, b) => a % b });
  }

  #chain(
    operand: () => number | undefined,
    operators: Readonly<Record<string, (a: number, b: number) => number>>,
  ): number | undefined {
    let left = operand();
    for (;;) {
      const apply = operators[this.#tokens[this.#at] ?? ''];
      if (apply === undefined || left === undefined) return left;
      this.#at += 1;
      const right = operand();
      left = right === undefined ? undefined : apply(left, right);
    }
  }

  /** Binds to the right, as in mathematics: 2^3^2 is 2^9. */
  #power(): number | undefined {
    const base = this.#factor();
    if (this.#tokens[this.#at] !== '^' || base === undefined) return base;
    this.#at += 1;
    const exponent = this.#power();
    return exponent === undefined ? undefined : base ** exponent;
  }

  #factor(): number | undefined {
    const token = this.#tokens[this.#at];
    this.#at += 1;
    if (token === '-') {
      const value = this.#power();
      return value === undefined ? undefined : -value;
    }
    if (token === '(') {
      const value = this.sum();
      this.#at += 1;
      return this.#tokens[this.#at - 1] === ')' ? value : undefined;
    }
    return token !== undefined && /^\d/.test(token) ? Number(token) : undefined;
  }
}
