// JSON whose whole numbers keep all their digits: JSON.parse alone rounds those beyond 2^53, which 64-bit integers reach.

/** An integer of 16 digits or more that is a value of its own: 2^53 has 16. */
const longInteger: RegExp = /(?:^|[[,:\s])-?\d{16,}(?=[,\]}\s]|$)/;

/** False when JSON.parse keeps all digits of the whole numbers in the text. */
export function mayLoseDigits(text: string): boolean {
  return longInteger.test(text);
}

/**
 * The value of a JSON text, with a bigint for each whole number that a number cannot hold. Costs no more than JSON.parse where
 * there is none. Throws what JSON.parse throws.
 */
export function parseExactJson(text: string): unknown {
  if (!mayLoseDigits(text)) return JSON.parse(text);
  return (JSON.parse as ParseWithSource)(text, (_key, value, context) => {
    if (typeof value !== 'number' || Number.isSafeInteger(value) || !Number.isInteger(value)) return value;
    const source = context?.source ?? '';
    return /^-?\d+$/.test(source) ? BigInt(source) : value;
  });
}

/** JSON.parse with the source text of numbers (ECMAScript 2026), which the compiler's library has no type for yet. */
type ParseWithSource = (
  text: string,
  reviver: (key: string, value: unknown, context?: { readonly source?: string }) => unknown,
) => unknown;
