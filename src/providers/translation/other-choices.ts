// Answers of several choices: those behind the first, each with a reader of its own in a stream. Vendors' readers of the first choice
// serve for these too; here is only what makes them several.

import { type Downgraded, reportOf } from '../../core/downgraded.ts';
import type { JsonObject } from '../../core/json.ts';
import type { ChoiceEnding, DeltaPart, PredictPart, PredictRequest } from '../../core/predict.ts';
import { unsupported } from './request-translation.ts';
import { countOf } from './wire-values.ts';

/** A list of parts that gets deltas: the parts of a whole stream, or those of one choice. */
export interface DeltaSink {
  readonly length: number;
  readonly [position: number]: PredictPart;
  push(part: DeltaPart): unknown;
}

/** Readers by choice, made when a choice begins. Choices that were not asked for are skipped. */
export class OtherChoices<Reader> {
  readonly #count: number;
  readonly #createReader: (choice: number) => Reader;
  readonly #readers: Map<number, Reader> = new Map();

  /** `count`: how many choices were asked for, the first included. */
  constructor(count: number, createReader: (choice: number) => Reader) {
    this.#count = count;
    this.#createReader = createReader;
  }

  /** True when none that was asked for is still to begin. */
  get haveAllBegun(): boolean {
    return this.#readers.size === this.#count - 1;
  }

  /** True when it holds for every choice that has begun. */
  every(holds: (reader: Reader) => boolean): boolean {
    return [...this.#readers.values()].every(holds);
  }

  /** Reads a piece of a choice: what `read` adds goes to `out` as parts of that choice. */
  read(choice: number, out: PredictPart[], read: (reader: Reader, deltas: DeltaSink) => void): void {
    if (!Number.isInteger(choice) || choice < 1 || choice >= this.#count) return;
    let reader = this.#readers.get(choice);
    if (reader === undefined) {
      reader = this.#createReader(choice);
      this.#readers.set(choice, reader);
    }
    const deltas: DeltaPart[] = [];
    read(reader, deltas);
    for (const part of deltas) out.push({ type: 'choice-part', choice, part });
  }

  /** Ends every choice that has begun, in the order of their numbers, by what `finish` returns after its last deltas. */
  end(out: PredictPart[], finish: (reader: Reader, deltas: DeltaSink) => ChoiceEnding): void {
    for (const choice of [...this.#readers.keys()].sort((one, other) => one - other)) {
      let ending: ChoiceEnding | undefined;
      this.read(choice, out, (reader, deltas) => {
        ending = finish(reader, deltas);
      });
      if (ending !== undefined) out.push({ type: 'choice-end', choice, ...ending });
    }
  }
}

/**
 * The numbers of choices that came together: what their `index` says, which some leave out of the first; their places where it says
 * the same of several.
 */
export function numbersOf(choices: readonly JsonObject[]): readonly number[] {
  const numbers = choices.map(({ index }) => countOf(index) ?? 0);
  return new Set(numbers).size === numbers.length ? numbers : choices.map((_, place) => place);
}

/** The answer; with a report of `n` when it has fewer choices than were asked for, as some servers know only one. */
export function withChoicesReported<Answer extends Downgraded>(answer: Answer, choices: number, asked: number): Answer {
  return choices >= asked ? answer : { ...answer, ...reportOf([...(answer.downgrades ?? []), 'n']) };
}

/** For vendors that give one answer. Throws `unsupported_capability` when several are asked for. */
export function refuseChoices({ sampling }: PredictRequest): void {
  if ((sampling.choiceCount ?? 1) > 1) throw unsupported('several choices', 'n');
}
