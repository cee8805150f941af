// What the parts of the Inference conformance suite share: how a check is declared, and small ways to call and to wait.

import assert from 'node:assert/strict';
import { createSystemClock } from '../../src/adapters/system/clock.ts';
import type { CallContext } from '../../src/core/call-context.ts';
import { SluiceError } from '../../src/core/error.ts';
import type { ErrorReason } from '../../src/core/error-catalogue.ts';
import type { PredictPart, PredictRequest } from '../../src/core/predict.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Inference } from '../../src/ports/inference.ts';
import { chatRequest, contextFor } from '../fixtures/calls.ts';
import type { ScriptedInference, ScriptStep } from '../fixtures/scripted-inference.ts';

/** An Inference under test that fronts a scripted one. */
export interface InferenceSubject {
  readonly inference: Inference;
  close(): Promise<void>;
}

/** What differs between forms, by design. */
export interface InferenceTraits {
  /** Parts of 4 KB that the far side may produce for a reader that has stopped: window sizes, flow control. */
  readonly maxPartsAhead: number;
}

/** Declares one check; it gets the form under test and the scripted Inference behind it. */
export type Check = (
  sentence: string,
  run: (inference: Inference, scripted: ScriptedInference) => Promise<void>,
) => void;

/** Real time: gRPC keeps deadlines by it. */
export const clock: Clock = createSystemClock();
/** For calls that nobody stops. */
export const neverAborted: AbortSignal = new AbortController().signal;
/** For calls whose request does not matter. */
export const request: PredictRequest = chatRequest('model-1');

/** A context with a minute to go. */
export function context(overrides: Partial<CallContext> = {}): CallContext {
  return contextFor(clock, overrides);
}

/** Makes every stream of the scripted Inference consist of these steps. */
export function answer(scripted: ScriptedInference, ...steps: ScriptStep[]): void {
  scripted.script = () => steps;
}

/** All parts of a stream. */
export async function read(parts: AsyncIterable<PredictPart>): Promise<PredictPart[]> {
  const all: PredictPart[] = [];
  for await (const part of parts) all.push(part);
  return all;
}

/** One turn of the event loop. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Lets the event loop turn until the condition holds; the timeout of the test ends a wait in vain. */
export async function eventually(condition: () => boolean): Promise<void> {
  while (!condition()) await nextTurn();
}

/** For assert.rejects: a SluiceError of this reason. */
export function withReason(reason: ErrorReason): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof SluiceError, `not a SluiceError: ${String(error)}`);
    assert.equal(error.reason, reason, `${error.message} (${error.detail})`);
    return true;
  };
}
