// What the items of one answer share while they are made: their places, their ids, and where their events go.

import { SluiceError } from '../../../core/error.ts';
import type { JsonObject } from '../../../core/json.ts';
import type { Ids } from '../../../ports/ids.ts';
import { maxAnswerChars, maxOutputItems } from './defaults.ts';

/**
 * Takes an event without its sequence number. It must write it out at once: the objects in it change later. `place` are the fields that
 * say which item and part the event is about, one object for all events of one place, so that they are written out once for many deltas.
 */
export type EmitEvent = (type: string, fields: JsonObject, place?: Readonly<JsonObject>) => void;

/** Whether an item, or the answer's last one, came to its own end. */
export type ItemStatus = 'completed' | 'incomplete';

/** The items of an answer, in the order in which they began. */
export class OutputState {
  /** The items as far as they have come. */
  readonly items: JsonObject[] = [];
  readonly emit: EmitEvent;
  readonly #ids: Ids;
  #chars: number = 0;

  constructor(ids: Ids, emit: EmitEvent) {
    this.#ids = ids;
    this.emit = emit;
  }

  /** A fresh id such as `msg_…`. */
  nextId(prefix: string): string {
    return this.#ids.next(prefix);
  }

  /** Puts an item at the end, says so, and returns its index. */
  open(item: JsonObject): number {
    if (this.items.length >= maxOutputItems) throw tooMuch(`${maxOutputItems} items`);
    const index = this.items.push(item) - 1;
    this.emit('response.output_item.added', { output_index: index, item });
    return index;
  }

  /** Says that an item is whole. */
  close(index: number, item: JsonObject): void {
    this.items[index] = item;
    this.emit('response.output_item.done', { output_index: index, item });
  }

  /** Counts text that is held from now on. Throws when it is too much for one answer. */
  hold(chars: number): void {
    this.#chars += chars;
    if (this.#chars > maxAnswerChars) throw tooMuch(`${maxAnswerChars} characters`);
  }
}

/** The bound is ours: the caller is told of it, who could not guess it from an answer that is malformed. */
function tooMuch(bound: string): SluiceError {
  const message = `The answer of the provider has more than ${bound}, which is more than is passed on.`;
  return new SluiceError('upstream_malformed', { message, detail: `an answer of more than ${bound}` });
}
