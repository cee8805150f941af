// Which of OpenAI's two APIs a request goes to.

import type { PredictRequest } from '../../core/predict.ts';
import { responsesOnlyModels } from './defaults.ts';

/** What the configuration says: one API for everything, or the one that fits the request. */
export type ApiChoice = 'auto' | 'chat' | 'responses';

/**
 * True for the Responses API. With `auto`: a request that came in its dialect (its items, tools and fields exist only there), a
 * request that holds tools or parts of it, and a model that is offered only there (see `responsesOnlyModels`). Everything else
 * goes over chat completions, whose fields the other dialects are nearer to, and so does what asks for several choices, which
 * only they have. A raw prompt never goes there: neither API but legacy completions takes one.
 */
export function goesToResponses(request: PredictRequest, model: string, api: ApiChoice): boolean {
  if (request.prompt !== undefined) return false;
  if (api !== 'auto') return api === 'responses';
  if ((request.sampling.choiceCount ?? 1) > 1) return responsesOnlyModels.test(model);
  return request.dialect === 'openai-responses' || responsesOnlyModels.test(model) || holdsItems(request);
}

function holdsItems({ tools, messages }: PredictRequest): boolean {
  if (tools?.some((tool) => tool.kind === 'vendor' && tool.dialect === 'openai-responses') === true) return true;
  return messages.some(({ content }) =>
    content.some((part) => part.type === 'opaque' && part.dialect === 'openai-responses'),
  );
}
