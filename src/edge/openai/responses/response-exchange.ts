// One answer of the Responses API from its request to its stored end: the one place that knows its id, its items and how it
// ended, for the stream, for the whole answer and for what is kept.

import { partsOf } from '../../../core/collect.ts';
import { SluiceError, toSluiceError } from '../../../core/error.ts';
import type { JsonObject } from '../../../core/json.ts';
import type { Answerer, Ending, PredictPart, PredictResponse } from '../../../core/predict.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { Ids } from '../../../ports/ids.ts';
import { spokenByField } from '../../spoken-by.ts';
import { cutItem } from './cut-item.ts';
import { type ContentDelta, OutputItems } from './output-items.ts';
import type { EmitEvent } from './output-state.ts';
import type { ResponseCall } from './parse-request.ts';
import { type ResponseProgress, type ResponseStatus, responseObject } from './response-object.ts';
import type { ResponseVault, VaultCall } from './response-vault.ts';
import { outcomeOf, responseErrorOf, responseUsageOf } from './wire-words.ts';

/** What an exchange is made of. */
export interface ExchangeParts {
  readonly call: VaultCall;
  readonly asked: ResponseCall;
  /** The request's own items, references resolved. */
  readonly input: readonly JsonObject[];
  /** Absent: nothing is kept here. */
  readonly vault: ResponseVault | undefined;
  /** The conversation is a vendor's: the answer has the vendor's id, and the vendor keeps it when the caller wants it kept. */
  readonly isVendors: boolean;
  readonly clock: Clock;
  readonly ids: Ids;
}

/**
 * The state of one answer: waiting (nothing said, nothing to keep) → speaking with the first content → over, once, by
 * `complete`, `fail` or `cancel`. What is kept says how it really ended: completed, incomplete, failed or cancelled.
 */
export class ResponseExchange {
  readonly asked: ResponseCall;
  readonly #parts: ExchangeParts;
  #id: string;
  readonly #createdAtMs: number;
  readonly #output: OutputItems;
  #emit: EmitEvent = () => {};
  #model: string;
  #hasSpoken: boolean = false;
  #isDelivered: boolean = false;
  /** The last word on it, once it is over. */
  #final: ResponseProgress | undefined;
  #store: boolean;

  constructor(parts: ExchangeParts) {
    const { asked, ids, clock } = parts;
    this.asked = asked;
    this.#parts = parts;
    this.#id = ids.next('resp_');
    this.#createdAtMs = clock.now();
    this.#output = new OutputItems(ids, (type, fields, place) => this.#emit(type, fields, place));
    this.#model = asked.body.model;
    this.#store = asked.store && (parts.isVendors || parts.vault !== undefined);
  }

  /** Where the events of items go from now on. */
  listen(emit: EmitEvent): void {
    this.#emit = emit;
  }

  /** Who answers. */
  start({ model, id }: Pick<Answerer, 'model' | 'id'>): void {
    this.#model = model;
    if (this.#parts.isVendors) this.#id = id;
  }

  /** The caller is told the id: from then on the answer is kept however it ends. */
  speak(): void {
    this.#hasSpoken = true;
  }

  /** The caller was told of its good end: what fails after that changes nothing. */
  delivered(): void {
    this.#isDelivered = true;
  }

  /** Adds content. */
  add(part: ContentDelta): void {
    this.#output.add(part);
  }

  /** The response as it stands, or as it ended. */
  response(): JsonObject {
    const progress = this.#final ?? this.#progress('in_progress');
    return responseObject({ id: this.#id, createdAtMs: this.#createdAtMs }, this.asked, {
      ...progress,
      store: this.#store,
    });
  }

  /** Closes the items. Their last events are told; the response is not over before `settle`. */
  finish(ending: Ending): void {
    const { status, incompleteDetails } = outcomeOf(ending);
    this.#output.finish(status);
    this.#final ??= {
      ...this.#progress(status),
      incompleteDetails,
      usage: responseUsageOf(ending.usage),
      extra: {
        ...ending.extra,
        ...(ending.stopSequence === undefined ? {} : { stop_sequence: ending.stopSequence }),
        ...(ending.systemFingerprint === undefined ? {} : { system_fingerprint: ending.systemFingerprint }),
        ...this.#output.remainder,
        ...spokenByField(ending),
      },
      ...(status === 'completed' ? { completedAtMs: this.#parts.clock.now() } : {}),
    };
  }

  /**
   * Ends it with a failure, or as cancelled where it was the caller who left. The first failure counts; a good end that the
   * caller was not told of yet gives way to it.
   */
  fail(error: SluiceError): void {
    const { status } = this.#final ?? {};
    if (this.#isDelivered || status === 'failed' || status === 'cancelled') return;
    const output = this.#output.items.map(cutItem);
    this.#final = callerLeft.has(error.reason)
      ? { ...this.#progress('cancelled'), output }
      : { ...this.#progress('failed'), output, error: responseErrorOf(error) };
  }

  /** Keeps what there is to keep, within a bounded time. After it `response` says whether it was kept. */
  async keep(): Promise<void> {
    const { call, vault, input, isVendors } = this.#parts;
    if (!this.#store || vault === undefined || isVendors) return;
    const previousId = this.asked.previousResponseId;
    const kept = { id: this.#id, createdAtMs: this.#createdAtMs, previousId, body: this.response(), input };
    this.#store = await vault.save(call, kept);
  }

  /** The response to a whole answer, kept. */
  async whole(response: PredictResponse): Promise<JsonObject> {
    for (const part of partsOf(response)) {
      if (part.type === 'start') this.start(part);
      else if (part.type === 'end') this.finish(part);
      else this.add(part);
    }
    await this.keep();
    return this.response();
  }

  /**
   * Passes the parts of a stream on. Before `end` is passed on, the answer is kept; an answer that fails, or whose caller
   * leaves, after it has begun to be told is kept as what it is. The reader must have taken in each part before it asks for
   * the next, as the edge does.
   */
  async *recorded(parts: AsyncIterable<PredictPart>): AsyncGenerator<PredictPart> {
    let isOver = false;
    try {
      for await (const part of parts) {
        if (part.type === 'end') {
          this.finish(part);
          await this.keep();
          isOver = true;
        }
        yield part.type === 'start' ? this.#withDowngrades(part) : part;
      }
    } catch (thrown) {
      isOver = true;
      this.fail(toSluiceError(thrown));
      if (this.#hasSpoken) await this.keep();
      throw thrown;
    } finally {
      // The reader stopped: the caller is gone, unless `fail` was told of a reason before.
      if (!isOver && this.#hasSpoken) {
        this.fail(new SluiceError('cancelled'));
        await this.keep();
      }
    }
  }

  /** Events are not padded against being measured: a caller that asks for it is told so. */
  #withDowngrades(start: Extract<PredictPart, { type: 'start' }>): PredictPart {
    if (this.asked.body.stream_options?.include_obfuscation !== true) return start;
    return { ...start, downgrades: [...(start.downgrades ?? []), 'stream_options.include_obfuscation'] };
  }

  #progress(status: ResponseStatus): ResponseProgress {
    return { status, model: this.#model, output: this.#output.items, store: this.#store };
  }
}

/** Ends for which nobody is to blame but the caller. */
const callerLeft: ReadonlySet<string> = new Set(['cancelled', 'slow_consumer']);
