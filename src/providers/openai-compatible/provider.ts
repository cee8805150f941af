// The provider for servers of the OpenAI dialect: vLLM, TGI, Ollama, llama.cpp server, and any vendor that speaks it.

import type { ModelDescription } from '../../core/model-description.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ModelProvider } from '../../ports/model.ts';
import type { TokenEstimator } from '../../ports/token-estimator.ts';
import type { Log } from '../../telemetry/log.ts';
import { createConnection } from '../transport/connection.ts';
import type { CredentialOptions } from '../transport/credentials.ts';
import type { ProviderLimits } from '../transport/defaults.ts';
import type { ContinuationForm } from './continuation.ts';
import { failureOf } from './errors.ts';
import { createOperations } from './operations.ts';
import type { RankForm } from './rank.ts';
import type { MaxTokensField } from './to-wire.ts';

/** What a provider is made of. */
export interface OpenAiCompatibleOptions {
  /** The provider's name in the configuration: the first half of its targets. */
  readonly name: string;
  /** Where `/chat/completions` and `/embeddings` hang, such as `http://vllm:8000/v1`. A query is kept (Azure). */
  readonly baseUrl: string;
  /** Reads the API key. Read at the first call and kept; read again when the provider answers 401. Absent: no key is sent. */
  readonly apiKey?: CredentialOptions['apiKey'];
  /** Further headers of every request, or how to read them (once). They win over ours of the same name. */
  readonly headers?: CredentialOptions['headers'];
  readonly clock: Clock;
  readonly log: Log;
  /** Counts tokens where the server reports no usage. */
  readonly estimator: TokenEstimator;
  /** What is left out is taken from `defaultLimits`. */
  readonly limits?: Partial<ProviderLimits> | undefined;
  /** `http://[user:password@]host:port` of an HTTP proxy. Absent: direct. */
  readonly proxy?: string | undefined;
  /** Models to describe; the provider passes any other name on as well. */
  readonly models?: readonly ModelDescription[] | undefined;
  /** Default `max_tokens`, which every compatible server takes. OpenAI's reasoning models want `max_completion_tokens`. */
  readonly maxTokensField?: MaxTokensField | undefined;
  /** How the server wants to be asked for a ranking. Default `jina`. */
  readonly rankForm?: RankForm | undefined;
  /** How the server is asked to go on with an answer that another target began. Default `none`. */
  readonly continuation?: ContinuationForm | undefined;
}

/**
 * The provider. Each call is one HTTP request (a moderation of several pictures is one for each), sent again only when it was
 * refused for a key that has been replaced since. Throws `config_invalid` when the address is not one. Which endpoints a server
 * has is for it to say: one that is not there is an error of the call.
 */
export function createOpenAiCompatibleProvider(options: OpenAiCompatibleOptions): ModelProvider {
  const connection = createConnection({
    ...options,
    failureOf: ({ status, headers, body }, context) => failureOf(status, headers, body, context),
  });
  return {
    name: options.name,
    models: () => options.models ?? [],
    ...createOperations(connection, options),
    ready: () => connection.ready(),
    close: () => connection.close(),
  };
}
