// Reads reference-vectors.json: what the original TensorFlow.js implementation computed for a set of texts. For tests only.

import { readFile } from 'node:fs/promises';

/** One text with the original's results. `ids` is absent for very long texts. Vector components are rounded to 4 digits. */
export interface ReferenceVector {
  readonly text: string;
  readonly ids?: readonly number[];
  readonly tokens: number;
  readonly vector: readonly number[];
}

/** All references; the file names the implementation that made them. */
export async function readReferenceVectors(): Promise<readonly ReferenceVector[]> {
  const file = await readFile(new URL('./reference-vectors.json', import.meta.url), 'utf8');
  return JSON.parse(file).texts;
}
