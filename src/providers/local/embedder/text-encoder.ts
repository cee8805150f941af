// The common shape of sentence encoders inside the model thread.

/** The vector of one text. */
export interface EncodedText {
  /** Length 1. */
  readonly vector: Float32Array<ArrayBuffer>;
  /** Tokens that were read, control tokens included. */
  readonly tokens: number;
  /** True when the text was longer than the model reads, and its end was cut off. */
  readonly truncated: boolean;
}

/** Turns texts into vectors, one at a time: the engine interleaves calls between texts, and batches gain nothing on one core. */
export interface TextEncoder {
  readonly dimensions: number;
  readonly maxTokens: number;
  /** Tokens of the whole text, untruncated. */
  countTokens(text: string): number;
  encode(text: string): Promise<EncodedText>;
  /** Frees native memory; a second call does nothing. */
  release(): Promise<void>;
}

/** Divides by the L2 norm in place; a vector of zeros stays as it is. */
export function normalise(vector: Float32Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
  let squares = 0;
  for (const value of vector) squares += value * value;
  if (squares === 0) return vector;
  const scale = 1 / Math.sqrt(squares);
  for (let i = 0; i < vector.length; i += 1) vector[i] = (vector[i] ?? 0) * scale;
  return vector;
}

/** The cosine of two vectors of length 1. */
export function cosine(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}
