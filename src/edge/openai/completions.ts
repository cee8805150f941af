// POST /v1/completions: raw prompts that are continued. A target that has only chat refuses them (`unsupported_capability`, naming
// `prompt`) instead of answering something else, and the next target of the route is asked.

import { SluiceError } from '../../core/error.ts';
import type { PredictRequest, PredictResponse } from '../../core/predict.ts';
import type { Inference } from '../../ports/inference.ts';
import type { EdgeCall } from '../call.ts';
import type { EdgeAnswer } from '../dialect.ts';
import { parseCompletionsCall } from './completions-body.ts';
import { answeredTogether, type PromptAnswers, renderCompletion } from './completions-render.ts';
import { streamCompletions } from './completions-stream.ts';
import { maxPromptsAtOnce } from './defaults.ts';

/** Answers the call. Of several prompts each is a model call of its own; one that fails stops the others and fails the call. */
export async function complete(call: EdgeCall, inference: Inference): Promise<EdgeAnswer> {
  const { requests, stream, includeUsage, echo, choicesPerPrompt } = parseCompletionsCall(call.body);
  call.model = requests[0].model;
  if (stream) {
    const open = (request: PredictRequest) => inference.predictStream(request, call.context, call.signal);
    return streamCompletions(requests, open, { includeUsage, choicesPerPrompt, requestId: call.requestId });
  }
  const answers = await predictAll(requests, call, inference);
  return {
    kind: 'whole',
    body: renderCompletion(answers, choicesPerPrompt, echo),
    answered: answeredTogether(answers),
  };
}

async function predictAll(
  requests: readonly [PredictRequest, ...PredictRequest[]],
  call: EdgeCall,
  inference: Inference,
): Promise<PromptAnswers> {
  const [first, ...others] = requests;
  if (others.length === 0) return [await inference.predict(first, call.context, call.signal)];
  const stop = new AbortController();
  const signal = AbortSignal.any([call.signal, stop.signal]);
  const answers: PredictResponse[] = new Array(requests.length);
  const waiting = requests.entries();
  const work = async (): Promise<void> => {
    for (const [index, request] of waiting) answers[index] = await inference.predict(request, call.context, signal);
  };
  try {
    await Promise.all(Array.from({ length: Math.min(maxPromptsAtOnce, requests.length) }, work));
  } catch (thrown) {
    stop.abort(new SluiceError('cancelled'));
    throw thrown;
  }
  return answers as unknown as PromptAnswers;
}
