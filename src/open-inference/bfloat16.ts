// BF16: the upper half of a 32-bit float. The language has 16-bit floats (FP16) but not these.

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** The number that 16 bits stand for; exact. */
export function bfloat16Value(half: number): number {
  bits[0] = half << 16;
  return float[0] ?? 0;
}

/**
 * The bits of the nearest BF16, ties to even; beyond the largest by half a step it is infinity. NaN becomes the quiet NaN. A
 * number is rounded once: that it passes through 32 bits must not make a tie of what is none.
 */
export function bfloat16Bits(value: number): number {
  float[0] = value;
  const whole = bits[0] ?? 0;
  if (Number.isNaN(value)) return (whole >>> 16) | 0x40;
  const single = float[0] ?? 0;
  const upper = whole >>> 16;
  const lower = whole & 0xffff;
  if (lower === 0x8000 && single !== value) return Math.abs(value) > Math.abs(single) ? upper + 1 : upper;
  const isUp = lower > 0x8000 || (lower === 0x8000 && (upper & 1) === 1);
  return isUp ? upper + 1 : upper;
}
