// The vectors of a recorded answer in each of the forms in use: OpenAI's numbers or base64, Gemini's, and Vertex's predictions.

import { at, listAt, numberAt, type Truth } from './said.ts';

/** A whole body of status 200. Numbers are rounded to 32 bits, which is what vectors have on the way. */
export function vectorsTruth(body: string): Truth {
  let answer: unknown;
  try {
    answer = JSON.parse(body);
  } catch {
    return { kind: 'broken', why: 'not JSON' };
  }
  const found =
    at(answer, 'data') === undefined
      ? [
          ...listAt(answer, 'embeddings').map((item) => at(item, 'values')),
          ...listAt(answer, 'predictions').map((item) => at(item, 'embeddings', 'values')),
        ]
      : listAt(answer, 'data').map((item) => at(item, 'embedding'));
  if (found.length === 0) return { kind: 'broken', why: 'no vectors' };
  const input = numberAt(answer, 'usage', 'prompt_tokens') ?? numberAt(answer, 'usageMetadata', 'promptTokenCount');
  const vectors = found.map(vectorOf);
  // One vendor sends 8-bit whole numbers where others send floats; no client could tell.
  const isFloats = vectors.every((vector) => vector.every((number) => Math.abs(number) < 1e6));
  return isFloats ? { kind: 'vectors', vectors, input } : { kind: 'broken', why: 'bytes that are no 32-bit floats' };
}

function vectorOf(value: unknown): number[] {
  if (typeof value !== 'string') return listAt({ value }, 'value').map((number) => Math.fround(Number(number)));
  const bytes = Buffer.from(value, 'base64');
  return Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readFloatLE(index * 4));
}
