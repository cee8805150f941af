// Fields of an open content block that no delta of Anthropic's stream can carry: they go out with the end of the block.

import { upstreamMalformed } from '../../core/error.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import { maxLateCharacters } from './defaults.ts';

/** The fields of one block at a time. The time and the room for a piece are its own, however many there were before. */
export class LateFields {
  #fields: JsonObject | undefined;
  #annotations: JsonValue[] = [];
  #characters: number = 0;

  /** Adds fields, the last value of each. Throws `upstream_malformed` for too much, as `annotate` does. */
  add(fields: JsonObject): void {
    this.#hold(fields);
    this.#fields ??= {};
    Object.assign(this.#fields, fields);
  }

  /** Adds to the list of annotations that are no citations of Anthropic's. */
  annotate(annotations: readonly JsonValue[]): void {
    for (const annotation of annotations) {
      this.#hold(annotation);
      this.#annotations.push(annotation);
    }
  }

  /** The fields, once: the next block begins without any. */
  take(): JsonObject {
    const annotations = this.#annotations;
    const fields = this.#fields ?? {};
    this.#fields = undefined;
    this.#annotations = [];
    this.#characters = 0;
    return annotations.length === 0 ? fields : { ...fields, annotations };
  }

  #hold(value: JsonValue): void {
    this.#characters += JSON.stringify(value).length;
    if (this.#characters <= maxLateCharacters) return;
    throw upstreamMalformed(`a block with more than ${maxLateCharacters} characters beside it`);
  }
}
