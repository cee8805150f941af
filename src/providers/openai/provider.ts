// The provider for OpenAI itself: chat completions and everything else of its dialect over openai-compatible, and the Responses
// API beside them, over one connection.

import type { TokenCount } from '../../core/count-tokens.ts';
import { reportOf } from '../../core/downgraded.ts';
import { upstreamMalformed } from '../../core/error.ts';
import type { JsonObject } from '../../core/json.ts';
import type { PredictPart, PredictRequest, PredictResponse } from '../../core/predict.ts';
import type { ModelCall, ModelProvider } from '../../ports/model.ts';
import { failureOf } from '../openai-compatible/errors.ts';
import { createOperations } from '../openai-compatible/operations.ts';
import type { OpenAiCompatibleOptions } from '../openai-compatible/provider.ts';
import { answerContextOf } from '../translation/answer-context.ts';
import { outputOf, settleUsage } from '../translation/usage.ts';
import { countOf, objectOf } from '../translation/wire-values.ts';
import { type Connection, createConnection } from '../transport/connection.ts';
import { openAiLimits } from './defaults.ts';
import { failureOfResponse } from './responses/failure.ts';
import { responseFromWire } from './responses/from-wire.ts';
import { ResponseStreamReader } from './responses/stream.ts';
import { countToWire, responseToWire } from './responses/to-wire.ts';
import { type ApiChoice, goesToResponses } from './wire-choice.ts';

/** What a provider is made of. The limit of tokens is always `max_completion_tokens`, which all of OpenAI's chat models take. */
export interface OpenAiOptions extends Omit<OpenAiCompatibleOptions, 'maxTokensField' | 'rankForm' | 'continuation'> {
  /** Default `auto`: see wire-choice.ts. */
  readonly api?: ApiChoice | undefined;
}

/**
 * The provider. Each call is one HTTP request, sent again only when it was refused for a key that has been replaced since.
 * Throws `config_invalid` when the address is not one.
 */
export function createOpenAiProvider(options: OpenAiOptions): ModelProvider {
  const { api = 'auto' } = options;
  const connection = createConnection({
    ...options,
    limits: { ...openAiLimits, ...options.limits },
    failureOf: ({ status, headers, body }, context) => failureOf(status, headers, body, context),
  });
  const {
    rank: _,
    classify: __,
    ...chat
  } = createOperations(connection, {
    ...options,
    maxTokensField: 'max_completion_tokens',
    saysDone: true,
    recipient: 'openai',
  });
  const responses = createResponses(connection, options);
  return {
    name: options.name,
    models: () => options.models ?? [],
    ...chat,
    predict: (request, call) => (goesToResponses(request, call.model, api) ? responses : chat).predict(request, call),
    predictStream: (request, call) =>
      (goesToResponses(request, call.model, api) ? responses : chat).predictStream(request, call),
    countTokens: responses.countTokens,
    ready: () => connection.ready(),
    close: () => connection.close(),
  };
}

type ResponseOperations = Required<Pick<ModelProvider, 'predict' | 'predictStream' | 'countTokens'>>;

function createResponses(connection: Connection, options: OpenAiOptions): ResponseOperations {
  const { estimator } = options;
  const post = async (path: string, body: JsonObject, call: ModelCall): Promise<JsonObject> => {
    const answer = await connection.post(path, body, call);
    if (objectOf(answer['error']) !== undefined) throw failureOfResponse(answer, connection.failureContext(call));
    return answer;
  };
  return {
    async predict(request: PredictRequest, call: ModelCall): Promise<PredictResponse> {
      const { body, downgrades } = responseToWire(request, call.model, false);
      const answer = await post('/responses', body, call);
      const context = answerContextOf(connection, options, call, downgrades);
      const response = responseFromWire(answer, request, context);
      return settleUsage(response, request, outputOf(response.content), estimator);
    },
    predictStream(request: PredictRequest, call: ModelCall): AsyncIterable<PredictPart> {
      return connection.stream(call, () => {
        const { body, downgrades } = responseToWire(request, call.model, true);
        const context = answerContextOf(connection, options, call, downgrades);
        const reader = new ResponseStreamReader(request, context, connection.failureContext(call));
        return { path: '/responses', body, reader };
      });
    },
    async countTokens(request: PredictRequest, call: ModelCall): Promise<TokenCount> {
      const { body, downgrades } = responseToWire(request, call.model, false);
      const answer = await post('/responses/input_tokens', countToWire(body), call);
      const inputTokens = countOf(answer['input_tokens']);
      if (inputTokens === undefined) throw upstreamMalformed('the answer has no input_tokens');
      const target = connection.targetOf(call);
      return { model: call.model, target, attempts: 1, inputTokens, source: 'provider', ...reportOf(downgrades) };
    },
  };
}
