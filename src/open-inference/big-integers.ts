// Whole numbers of tensors with all their digits: as values to compute with, where `core/exact-json.ts` only keeps them to be written again.

import { parseWithSource } from '../core/exact-json.ts';

/**
 * The value of a JSON text, with a bigint for each whole number that a number cannot hold. Costs little more than JSON.parse where
 * there is none. Throws what JSON.parse throws.
 */
export function parseWithBigIntegers(text: string): unknown {
  return parseWithSource(text, (value, source) => {
    if (Number.isSafeInteger(value) || !Number.isInteger(value)) return value;
    return /^-?\d+$/.test(source) ? BigInt(source) : value;
  });
}
