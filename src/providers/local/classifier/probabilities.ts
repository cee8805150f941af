// Scores of any size into probabilities.

/** Between 0 and 1, each on its own. */
export function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}

/** Between 0 and 1, together 1. Stable for logits of any size. */
export function softmax(logits: Iterable<number>): number[] {
  const values = [...logits];
  const highest = values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  const powers = values.map((value) => Math.exp(value - highest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}
