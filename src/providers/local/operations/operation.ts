// What the operations of the local provider have in common: the model that is asked, the clock that limits it, the checks of texts
// and of fields that no local model knows.

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
import { asksNothing, hints } from '../request-fields.ts';

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

/**
 * Throws `unsupported_capability` for the first unknown field that asks for something. Hints such as `user` are left out: they
 * change no score and no vector.
 */
export function refuseUnknownFields(target: string, extra: JsonObject | undefined): void {
  for (const [name, value] of Object.entries(extra ?? {})) {
    if (!asksNothing(name, value) && !hints.has(name)) throw cannot(target, `honour the field \`${name}\``, name);
  }
}

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

/** Usage of texts that were read and answered with numbers. */
export function readUsage({ inputTokens }: ReadTexts): Usage {
  return { inputTokens, outputTokens: 0, source: 'engine' };
}

/** Leaves a trace of texts that were longer than the model reads. */
export function logTruncated(model: ServedModel, { truncated }: ReadTexts, call: ModelCall, log: Log): void {
  if (truncated.length === 0) return;
  const { requestId } = call.context;
  log.warn({ requestId, model: model.description.id, texts: truncated.length }, 'texts for a local model were cut off');
}
