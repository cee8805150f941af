// A seeded stream of random numbers, so that the same seed gives the same answer on every machine.

/** Floats in [0, 1) from a 53-bit seed; SplitMix32-style mixing of both halves (not for secrets). */
export function createRandomStream(seed: number): () => number {
  const high = Math.floor(seed / 2 ** 32);
  let state = (Math.imul(high, 0x9e3779b9) ^ seed) >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
}
