// The pace of one streamed call on a multiplexed stream: its reader's grants, and the transport's own back-pressure.

import type { SluiceError } from '../../core/error.ts';
import type { PredictPart } from '../../core/predict.ts';
import { Gate } from '../gate.ts';
import type { Outbox } from '../outbox.ts';
import type { PartSink } from './pump-parts.ts';

/** What a sink needs. */
export interface CreditSinkOptions {
  /** Parts granted with the start of the call. */
  readonly credit: number;
  /** Grants beyond this many parts are ignored, so that a peer cannot ask us to buffer without bound. */
  readonly maxCredit: number;
  readonly outbox: Outbox;
  readonly send: (part: PredictPart) => void;
  readonly finish: (error?: SluiceError) => void;
}

/** Ready while there is credit and the stream takes more. */
export class CreditSink implements PartSink {
  readonly #options: CreditSinkOptions;
  readonly #gate: Gate = new Gate();
  #credit: number;

  constructor(options: CreditSinkOptions) {
    this.#options = options;
    this.#credit = Math.min(options.credit, options.maxCredit);
  }

  /** Lets the call send `parts` more. */
  grant(parts: number): void {
    this.#credit = Math.min(this.#credit + parts, this.#options.maxCredit);
    this.#gate.open();
  }

  ready(): Promise<void> | undefined {
    return this.#credit > 0 ? this.#options.outbox.ready() : this.#gate.wait();
  }

  send(part: PredictPart): void {
    this.#credit -= 1;
    this.#options.send(part);
  }

  finish(error?: SluiceError): void {
    this.#options.finish(error);
    this.#gate.open();
  }
}
