// An answer of a local model as a stream of parts, held to the time limits of its attempt.

import { reportOf } from '../../../core/downgraded.ts';
import type { PredictPart, PredictRequest } from '../../../core/predict.ts';
import type { ModelCall } from '../../../ports/model.ts';
import { type AttemptTimer, startAttemptTimer } from '../attempt-timer.ts';
import type { GeneratedEnding, GeneratedPart } from '../engine/protocol.ts';
import { checkPromptSize } from '../prompt-size.ts';
import { limitsOf, toGenerateRequest } from '../request.ts';
import { type Host, requireCapability, type ServedModel } from './operation.ts';

/** `contextTokens` is undefined while the model was not loaded. */
export async function* generate(
  model: ServedModel,
  contextTokens: number | undefined,
  request: PredictRequest,
  call: ModelCall,
  { clock, ids }: Host,
): AsyncGenerator<PredictPart, void, undefined> {
  requireCapability(model, 'chat', 'chat');
  // The clock runs from here: what is done before the model works counts for the first token too.
  const timer = startAttemptTimer(call.timeouts, clock, call.signal);
  let parts: AsyncGenerator<GeneratedPart, GeneratedEnding, undefined> | undefined;
  try {
    timer.wait();
    const seed = Math.floor(ids.random() * 2 ** 32);
    const { generate: asked, downgrades } = toGenerateRequest(request, limitsOf(model), seed);
    // The answerer of quotes has its own bound, in characters.
    if (model.engineModel.kind === 'decoder') checkPromptSize(asked, contextTokens);
    parts = model.engine.generate(model.name, asked, timer.signal);
    let next = await nextPart(parts, timer);
    yield {
      type: 'start',
      id: ids.next('chatcmpl-'),
      model: model.name,
      target: model.description.id,
      createdAtMs: clock.now(),
      attempts: 1,
      ...reportOf(downgrades),
    };
    while (next.done !== true) {
      yield { type: 'text-delta', ...next.value };
      next = await nextPart(parts, timer);
    }
    yield { type: 'end', ...toEnding(next.value) };
  } finally {
    timer.end();
    // Stops the engine when the reader left early; does nothing after the end.
    await parts?.return(undefined as never);
  }
}

async function nextPart(
  parts: AsyncGenerator<GeneratedPart, GeneratedEnding, undefined>,
  timer: AttemptTimer,
): Promise<IteratorResult<GeneratedPart, GeneratedEnding>> {
  timer.wait();
  try {
    return await parts.next();
  } finally {
    timer.arrived();
  }
}

function toEnding(ending: GeneratedEnding): Omit<Extract<PredictPart, { type: 'end' }>, 'type'> {
  const { inputTokens, outputTokens, ...rest } = ending;
  return { ...rest, usage: { inputTokens, outputTokens, source: 'engine' } };
}
