// From the parts of a stream to the events of the Responses API. Hot path: what the deltas of one place have in common is written once.

import type { SluiceError } from '../../../core/error.ts';
import type { JsonObject } from '../../../core/json.ts';
import type { AnswerPart } from '../../../core/predict.ts';
import type { StreamEncoder } from '../../dialect.ts';
import { openAiErrorBody } from '../error.ts';
import type { ResponseExchange } from './response-exchange.ts';
import { shownItem, shownResponse } from './response-object.ts';

/**
 * Makes the encoder of one stream, whose parts must come through `exchange.recorded`. The first events wait for the first
 * content, so that a model which fails before it says anything gets a real HTTP status.
 *
 * A stream is `response.created`, `response.in_progress`, the events of the items, and one of `response.completed` and
 * `response.incomplete`. One that fails ends with `error` and `response.failed`, as at OpenAI. There is no `[DONE]` in this API.
 * `sequence_number` counts from 0.
 */
export function createResponseStreamEncoder(exchange: ResponseExchange, requestId: string): StreamEncoder {
  return new ResponseStreamEncoder(exchange, requestId);
}

class ResponseStreamEncoder implements StreamEncoder {
  readonly #exchange: ResponseExchange;
  readonly #requestId: string;
  readonly #showsEncrypted: boolean;
  #hasOpened: boolean = false;
  #sequenceNumber: number = 0;
  /** Events that were told and not yet fetched. */
  #pending: string = '';
  /** Of the last event with a place: what it was about, and its text up to the fields of its own. */
  #place: Readonly<JsonObject> | undefined;
  #placeType: string = '';
  #placeHead: string = '';

  constructor(exchange: ResponseExchange, requestId: string) {
    this.#exchange = exchange;
    this.#requestId = requestId;
    this.#showsEncrypted = exchange.asked.showsEncrypted;
    exchange.listen((type, fields, place) => this.#tellItem(type, fields, place));
  }

  encode(part: AnswerPart): string {
    if (part.type === 'start') {
      this.#exchange.start(part);
      return '';
    }
    this.#open();
    if (part.type !== 'end') this.#exchange.add(part);
    else {
      // Its items were closed, and the answer was kept, when `recorded` saw the end.
      this.#tellResponse(`response.${String(this.#exchange.response()['status'])}`);
      this.#exchange.delivered();
    }
    return this.#take();
  }

  fail(error: SluiceError): string {
    // What was told and not fetched yet is true all the same, and has its numbers.
    this.#exchange.fail(error);
    this.#tellError(error);
    this.#tellResponse('response.failed');
    return this.#take();
  }

  keepAlive(): string {
    return ': keep-alive\n\n';
  }

  /** Tells the two events before all others, once. */
  #open(): void {
    if (this.#hasOpened) return;
    this.#hasOpened = true;
    const response = { ...this.#exchange.response(), status: 'in_progress', output: [] };
    this.#exchange.speak();
    for (const type of ['response.created', 'response.in_progress']) this.#tell(type, { response });
  }

  #tellItem(type: string, fields: JsonObject, place: Readonly<JsonObject> | undefined): void {
    if (place !== undefined) {
      this.#tellAt(type, place, fields);
      return;
    }
    const { item } = fields;
    const isItem = typeof item === 'object' && item !== null && !Array.isArray(item);
    this.#tell(type, isItem ? { ...fields, item: shownItem(item, this.#showsEncrypted) } : fields);
  }

  #tellResponse(type: string): void {
    this.#tell(type, { response: shownResponse(this.#exchange.response(), this.#showsEncrypted) });
  }

  /** OpenAI's document has the fields of the error beside `type`, its servers have them in `error`; clients read either. */
  #tellError(error: SluiceError): void {
    const { error: shown } = JSON.parse(openAiErrorBody(error, this.#requestId)) as { error: JsonObject };
    const { message = '', code = null, param = null } = shown;
    this.#tell('error', { code, message, param, error: shown });
  }

  #tell(type: string, fields: JsonObject): void {
    const event = { type, ...fields, sequence_number: this.#sequenceNumber };
    this.#sequenceNumber += 1;
    this.#pending += `event: ${type}\ndata: ${JSON.stringify(event)}\n\n`;
  }

  #tellAt(type: string, place: Readonly<JsonObject>, fields: JsonObject): void {
    if (place !== this.#place || type !== this.#placeType) {
      this.#place = place;
      this.#placeType = type;
      this.#placeHead = `event: ${type}\ndata: ${JSON.stringify({ type, ...place }).slice(0, -1)}`;
    }
    const own = JSON.stringify(fields).slice(1, -1);
    this.#pending += `${this.#placeHead},${own},"sequence_number":${this.#sequenceNumber}}\n\n`;
    this.#sequenceNumber += 1;
  }

  #take(): string {
    const told = this.#pending;
    this.#pending = '';
    return told;
  }
}
