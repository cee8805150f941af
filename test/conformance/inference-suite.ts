// What every Inference must do, whoever implements it: run by the direct object and by each gRPC form, so that nobody who holds
// the port can tell which one it is.

import { describe, test } from 'node:test';
import { createScriptedInference, type ScriptedInference } from '../fixtures/scripted-inference.ts';
import { answersAndRequests, otherCalls } from './inference-answers.ts';
import { failures } from './inference-failures.ts';
import { type Check, eventually, type InferenceSubject, type InferenceTraits } from './inference-harness.ts';
import { operations } from './inference-operations.ts';
import { pace } from './inference-pace.ts';
import { stopping } from './inference-stopping.ts';

/** Runs the suite. `makeSubject` puts the form under test in front of the scripted Inference. */
export function inferenceConformance(
  name: string,
  makeSubject: (scripted: ScriptedInference) => Promise<InferenceSubject>,
  traits: InferenceTraits,
): void {
  const check: Check = (sentence, run) => {
    test(`inference ${name}: ${sentence}`, { timeout: 20_000 }, async () => {
      const scripted = createScriptedInference();
      const subject = await makeSubject(scripted);
      try {
        await run(subject.inference, scripted);
        await eventually(() => scripted.open === 0);
      } finally {
        await subject.close();
      }
    });
  };

  describe(`inference ${name}`, () => {
    answersAndRequests(check);
    failures(check);
    stopping(check);
    pace(check, traits);
    otherCalls(check);
    operations(check);
  });
}
