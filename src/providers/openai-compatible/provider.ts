// The provider for servers of the OpenAI dialect: vLLM, TGI, Ollama, llama.cpp server, and any vendor that speaks it.

import type { JsonObject } from '../../core/json.ts';
import type { ModelDescription } from '../../core/model-description.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ModelCall, ModelProvider } from '../../ports/model.ts';
import type { Log } from '../../telemetry/log.ts';
import type { AnswerContext } from './answer-fields.ts';
import { createConnection } from './connection.ts';
import type { CredentialOptions } from './credentials.ts';
import type { ProviderLimits } from './defaults.ts';
import { embedFromWire, embedToWire } from './embed.ts';
import { embeddedFailureOf, failureOf } from './errors.ts';
import { predictFromWire } from './from-wire.ts';
import { ChatStreamReader } from './stream.ts';
import { type MaxTokensField, predictToWire } from './to-wire.ts';
import { isPresent } from './wire-values.ts';

/** What a provider is made of. */
export interface OpenAiCompatibleOptions {
  /** The provider's name in the configuration: the first half of its targets. */
  readonly name: string;
  /** Where `/chat/completions` and `/embeddings` hang, such as `http://vllm:8000/v1`. A query is kept (Azure). */
  readonly baseUrl: string;
  /** Reads the API key. Read at the first call and kept; read again when the provider answers 401. Absent: no key is sent. */
  readonly apiKey?: (() => Promise<string>) | undefined;
  /** Further headers of every request, or how to read them (once). They win over ours of the same name. */
  readonly headers?: CredentialOptions['headers'];
  readonly clock: Clock;
  readonly log: Log;
  /** What is left out is taken from `defaultLimits`. */
  readonly limits?: Partial<ProviderLimits> | undefined;
  /** Models to describe; the provider passes any other name on as well. */
  readonly models?: readonly ModelDescription[] | undefined;
  /** Default `max_tokens`, which every compatible server takes. OpenAI's reasoning models want `max_completion_tokens`. */
  readonly maxTokensField?: MaxTokensField | undefined;
}

/**
 * The provider. Each call is one HTTP request, sent again only when it was refused for a key that has been replaced since.
 * Throws `config_invalid` when the address is not one.
 */
export function createOpenAiCompatibleProvider(options: OpenAiCompatibleOptions): ModelProvider {
  const { name, clock } = options;
  const maxTokensField = options.maxTokensField ?? 'max_tokens';
  const connection = createConnection({
    ...options,
    failureOf: ({ status, headers, body }, context) => failureOf(status, headers, body, context),
  });
  const contextOf = (call: ModelCall): AnswerContext => ({
    target: connection.targetOf(call),
    model: call.model,
    requestId: call.context.requestId,
    nowMs: clock.now(),
  });
  const post = async (path: string, body: JsonObject, call: ModelCall): Promise<JsonObject> => {
    const answer = await connection.post(path, body, call);
    // Some servers report failures under status 200.
    const isFailure = isPresent(answer['error']) || answer['object'] === 'error';
    if (isFailure) throw embeddedFailureOf(answer, connection.failureContext(call));
    return answer;
  };
  return {
    name,
    models: () => options.models ?? [],
    async predict(request, call) {
      const body = predictToWire(request, { model: call.model, stream: false, maxTokensField });
      return predictFromWire(await post('/chat/completions', body, call), request, contextOf(call));
    },
    predictStream(request, call) {
      const makeBody = (): JsonObject => predictToWire(request, { model: call.model, stream: true, maxTokensField });
      const failure = (body: JsonObject) => embeddedFailureOf(body, connection.failureContext(call));
      const createReader = (): ChatStreamReader => new ChatStreamReader(request, contextOf(call), failure);
      return connection.stream('/chat/completions', makeBody, call, createReader);
    },
    async embed(request, call) {
      const body = await post('/embeddings', embedToWire(request, call.model), call);
      return embedFromWire(body, request, call.model, connection.targetOf(call));
    },
    ready: () => connection.ready(),
    close: () => connection.close(),
  };
}
