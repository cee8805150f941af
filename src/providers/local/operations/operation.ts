// What the operations of the local provider have in common: the model that is asked, the clock that limits it, the checks of texts
// and of fields that no local model knows.

import { type Downgraded, reportOf } from '../../../core/downgraded.ts';
import { SluiceError } from '../../../core/error.ts';
import type { JsonObject } from '../../../core/json.ts';
import type { Capability } from '../../../core/model-description.ts';
import type { Usage } from '../../../core/usage.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { Ids } from '../../../ports/ids.ts';
import type { ModelCall } from '../../../ports/model.ts';
import type { Log } from '../../../telemetry/log.ts';
import { startAttemptTimer } from '../attempt-timer.ts';
import type { CatalogueEntry } from '../catalogue.ts';
import { maxTextCharacters } from '../defaults.ts';
import type { Engine } from '../engine/engine.ts';
import type { EngineAnswers, EngineQuestion, ReadTexts } from '../engine/protocol.ts';
import { type FieldsLost, settleFields } from '../request-fields.ts';

/** A model and the engine that runs it. */
export interface ServedModel extends CatalogueEntry {
  readonly engine: Engine;
}

/** What operations need beside the model. */
export interface Host {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
}

/** Asks the engine, within the time for the whole attempt. */
export async function askInTime<Q extends EngineQuestion>(
  model: ServedModel,
  question: Q,
  call: ModelCall,
  clock: Clock,
): Promise<EngineAnswers[Q['type']]> {
  const timer = startAttemptTimer(call.timeouts, clock, call.signal);
  try {
    return await model.engine.ask(model.name, question, timer.signal);
  } finally {
    timer.end();
  }
}

/** Throws `unsupported_capability` unless the model has the capability. */
export function requireCapability({ description }: ServedModel, capability: Capability, verb: string): void {
  if (!description.capabilities.includes(capability)) throw cannot(description.id, verb);
}

/** `unsupported_capability` for a model, naming the field that asks too much. */
export function cannot(target: string, what: string, param: string = 'model'): SluiceError {
  return new SluiceError('unsupported_capability', { message: `The model '${target}' cannot ${what}.`, param });
}

/** What one request for numbers loses: hints that are left out, texts that are cut off. */
export interface Losses extends FieldsLost {
  /** Names of the fields, each once. */
  readonly fields: ReadonlySet<string>;
}

/** Begins the losses with the hints among the unknown fields. Throws `unsupported_capability` for one that is no hint. */
export function settleUnknownFields(target: string, extra: JsonObject | undefined): Losses {
  const fields = new Set<string>();
  const losses: Losses = {
    fields,
    downgrade: (field) => void fields.add(field),
    refuse: (what, param) => cannot(target, what, param),
  };
  settleFields(extra, noFields, losses);
  return losses;
}

const noFields: ReadonlySet<string> = new Set();

/** Throws `invalid_request` unless there are 1 to `most` of them. */
export function checkCount(param: string, count: number, most: number, what: string): void {
  if (count >= 1 && count <= most) return;
  throw new SluiceError('invalid_request', { message: `'${param}' must hold 1 to ${most} ${what}.`, param });
}

/** Throws `context_length_exceeded` for the first text that is longer than any local model is given. */
export function checkLengths(param: string, texts: readonly string[]): void {
  const long = texts.findIndex((text) => text.length > maxTextCharacters);
  if (long < 0) return;
  throw new SluiceError('context_length_exceeded', {
    message: `A text may have at most ${maxTextCharacters} characters.`,
    param: `${param}[${long}]`,
  });
}

/** What all answers in numbers have in common. */
export interface NumbersAnswer extends Downgraded {
  readonly model: string;
  readonly target: string;
  readonly attempts: number;
  readonly usage: Usage;
}

/** Who made an answer, what was read for it and what was lost. */
export function answererOf(model: ServedModel, { inputTokens }: ReadTexts, { fields }: Losses): NumbersAnswer {
  const usage = { inputTokens, outputTokens: 0, source: 'engine' } as const;
  return { model: model.name, target: model.description.id, attempts: 1, usage, ...reportOf(fields) };
}

/** Notes a field whose texts were longer than the model reads, for the caller and in the log. */
export function noteCut(field: string, isCut: boolean, losses: Losses, { context }: ModelCall, log: Log): void {
  if (!isCut) return;
  losses.downgrade(field);
  log.warn({ requestId: context.requestId, field }, 'texts for a local model were cut off');
}
