// Port Ids on the randomness of the operating system, drawn in blocks because one call for each id would cost more than
// everything else in it.

import { randomFillSync } from 'node:crypto';
import type { Clock } from '../../ports/clock.ts';
import type { Ids } from '../../ports/ids.ts';
import { poolBytes } from './defaults.ts';

/** Crockford base 32: no I, L, O or U, so that an id survives being read aloud; ASCII order is numeric order. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** Characters of an id: 10 of Unix milliseconds, 2 that count within the millisecond, 14 random (70 bits). */
const timeChars = 10;
const randomChars = 14;
const idsPerMs = 32 * 32;

/**
 * Real randomness. Ids of one process sort strictly in the order they were made, also within a millisecond and when the
 * clock is set back; ids of several processes sort by time to the millisecond.
 */
export function createSystemIds(clock: Clock): Ids {
  const pool = Buffer.alloc(poolBytes);
  let used = pool.length;
  let lastMs = -1;
  let sequence = 0;
  let stamp = '';

  const take = (bytes: number): number => {
    if (used + bytes > pool.length) {
      randomFillSync(pool);
      used = 0;
    }
    const start = used;
    used += bytes;
    return start;
  };

  const nextStamp = (): string => {
    const nowMs = clock.now();
    sequence += 1;
    if (nowMs > lastMs || sequence >= idsPerMs) {
      lastMs = Math.max(nowMs, lastMs + 1);
      sequence = 0;
      stamp = base32(lastMs, timeChars);
    }
    return stamp + base32(sequence, 2);
  };

  return {
    next(prefix) {
      let id = prefix + nextStamp();
      const start = take(randomChars);
      for (let at = start; at < start + randomChars; at += 1) id += alphabet[(pool[at] ?? 0) & 31];
      return id;
    },
    randomBytes(bytes) {
      if (bytes > poolBytes) return randomFillSync(new Uint8Array(bytes));
      const start = take(bytes);
      const out = Uint8Array.prototype.slice.call(pool, start, start + bytes);
      pool.fill(0, start, start + bytes); // what became a secret does not stay behind in memory
      return out;
    },
    random: () => Math.random(),
  };
}

function base32(value: number, chars: number): string {
  let text = '';
  let rest = value;
  for (let at = 0; at < chars; at += 1) {
    text = (alphabet[rest % 32] ?? '') + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}
