// Puts a question to a loaded model: the method for it, or the refusal when the model has none.

import { SluiceError } from '../../../core/error.ts';
import type { LoadedModel } from './loaded-model.ts';
import type { EngineAnswer, EngineQuestion } from './protocol.ts';

/** The model's answer. Rejects with `unsupported_capability` when it is no question for this model. */
export async function answerQuestion(
  model: LoadedModel,
  name: string,
  question: EngineQuestion,
  signal: AbortSignal,
): Promise<EngineAnswer> {
  const answer = answerOf(model, question, signal);
  if (answer === undefined) throw unable(name, question.type);
  return answer;
}

function answerOf(
  model: LoadedModel,
  question: EngineQuestion,
  signal: AbortSignal,
): EngineAnswer | Promise<EngineAnswer> | undefined {
  switch (question.type) {
    case 'load':
      return model.facts;
    case 'embed':
      return model.embed?.(question, signal);
    case 'rank':
      return model.rank?.(question, signal);
    case 'classify':
      return model.classify?.(question, signal);
    case 'count':
      return model.count?.(question, signal);
    case 'infer':
      return model.infer?.(question, signal);
  }
}

/** `unsupported_capability` for a model without the method. */
export function unable(model: string, verb: string): SluiceError {
  return new SluiceError('unsupported_capability', { message: `The model '${model}' cannot ${verb}.`, param: 'model' });
}
