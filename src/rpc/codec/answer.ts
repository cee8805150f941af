// What decoders of answers share: the answer is not the caller's fault, so what a far side sends wrongly is `upstream_malformed`.

import { SluiceError } from '../../core/error.ts';
import type { JsonObject } from '../../core/json.ts';
import { jsonObjectFromWire } from './json.ts';

/** The object in an optional JSON field of an answer. Throws `upstream_malformed` naming the field. */
export function answerObject(text: string | undefined, field: string = 'extra_json'): JsonObject | undefined {
  return text === undefined ? undefined : asAnswer(() => jsonObjectFromWire(text, field));
}

/** Runs a decoder that blames the request, and blames the answer instead. */
export function asAnswer<Result>(decode: () => Result): Result {
  try {
    return decode();
  } catch (error) {
    throw malformed(error instanceof Error ? error.message : 'unreadable', error);
  }
}

/** The failure of a far side that sends what the contract does not allow. */
export function malformed(detail: string, cause?: unknown): SluiceError {
  return new SluiceError('upstream_malformed', { detail: `inference service: ${detail}`, cause });
}
