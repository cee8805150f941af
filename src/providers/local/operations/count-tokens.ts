// The tokens of a prompt by the model's own tokenizer, without running the model.

import type { TokenCount } from '../../../core/count-tokens.ts';
import { reportOf } from '../../../core/downgraded.ts';
import type { PredictRequest } from '../../../core/predict.ts';
import type { ModelCall } from '../../../ports/model.ts';
import { checkPromptSize } from '../prompt-size.ts';
import { limitsOf, toGenerateRequest } from '../request.ts';
import { askInTime, type Host, requireCapability, type ServedModel } from './operation.ts';

/** An exact count, also of a prompt that would not fit. What the model refuses to answer it refuses to count. */
export async function countTokens(
  model: ServedModel,
  request: PredictRequest,
  call: ModelCall,
  { clock }: Host,
): Promise<TokenCount> {
  requireCapability(model, 'chat', 'chat');
  const { generate, downgrades } = toGenerateRequest(request, limitsOf(model), 0);
  if (model.engineModel.kind === 'decoder') checkPromptSize(generate, undefined);
  const inputTokens = await askInTime(model, { type: 'count', request: generate }, call, clock);
  const target = model.description.id;
  return { model: model.name, target, attempts: 1, inputTokens, source: 'engine', ...reportOf(downgrades) };
}
