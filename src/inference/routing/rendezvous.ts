// Draws that are no chance: the same for the same key and name, evenly spread over keys and over names.

import { hash } from 'node:crypto';

/** A number from 0 to below 1. Whoever chooses the keys cannot foresee it cheaper than by asking. */
export function drawOf(key: string, name: string): number {
  return Number.parseInt(hash('sha256', `${key}\n${name}`, 'hex').slice(0, 12), 16) / 2 ** 48;
}
