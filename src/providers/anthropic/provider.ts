// The provider for Anthropic's Messages API, at Anthropic or wherever else it is served (Vertex AI has its own paths).

import { reportOf } from '../../core/downgraded.ts';
import { SluiceError } from '../../core/error.ts';
import type { JsonObject } from '../../core/json.ts';
import type { ModelDescription } from '../../core/model-description.ts';
import type { PredictRequest } from '../../core/predict.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ModelCall, ModelProvider } from '../../ports/model.ts';
import type { TokenEstimator } from '../../ports/token-estimator.ts';
import type { Log } from '../../telemetry/log.ts';
import { answerContextOf } from '../translation/answer-context.ts';
import { withAnswerSoFar } from '../translation/answer-so-far.ts';
import { outputOf, settleUsage } from '../translation/usage.ts';
import { createConnection } from '../transport/connection.ts';
import type { CredentialOptions, Headers } from '../transport/credentials.ts';
import type { ProviderLimits } from '../transport/defaults.ts';
import type { MessageContext } from './answer-fields.ts';
import { betasToWire } from './betas-to-wire.ts';
import { canContinue } from './continuation.ts';
import { countFromWire, countToWire } from './count-tokens.ts';
import { defaultBaseUrl, defaultVersion } from './defaults.ts';
import { embeddedFailureOf, failureOf, isFailure } from './errors.ts';
import { predictFromWire } from './from-wire.ts';
import { MessageStreamReader } from './stream.ts';
import { type MessageRequest, predictToWire } from './to-wire.ts';

/** What a provider is made of. */
export interface AnthropicOptions {
  /** The provider's name in the configuration: the first half of its targets. */
  readonly name: string;
  /** What the paths hang on. Default: `https://api.anthropic.com/v1`. */
  readonly baseUrl?: string | undefined;
  /** Reads the API key. Read at the first call and kept; read again when the provider answers 401. Absent: no key is sent. */
  readonly apiKey?: CredentialOptions['apiKey'];
  /** The headers that carry the key. Default: `x-api-key`. */
  readonly keyHeaders?: CredentialOptions['keyHeaders'];
  /** Further headers of every request (`anthropic-beta`), or how to read them (once). They win over ours of the same name. */
  readonly headers?: CredentialOptions['headers'];
  /** The `anthropic-version` header. Default: `2023-06-01`. False: none is sent (Vertex has it in the body). */
  readonly version?: string | false | undefined;
  readonly clock: Clock;
  readonly log: Log;
  /** Counts tokens where the vendor reports no usage. */
  readonly estimator: TokenEstimator;
  /** What is left out is taken from `defaultLimits` of the connection. */
  readonly limits?: Partial<ProviderLimits> | undefined;
  /** `http://[user:password@]host:port` of an HTTP proxy. Absent: direct. */
  readonly proxy?: string | undefined;
  /** Models to describe; the provider passes any other name on as well. */
  readonly models?: readonly ModelDescription[] | undefined;
  /** `max_tokens` where the caller asks for none. Default: see `maxTokensDefault` in defaults.ts. */
  readonly maxTokensDefault?: number | undefined;
  /** Where messages are posted. Default: `/messages`. */
  readonly messagesPath?: ((call: ModelCall, streamed: boolean) => string) | undefined;
  /** Where tokens are counted. Default: `/messages/count_tokens`. */
  readonly countTokensPath?: ((call: ModelCall) => string) | undefined;
  /** Last changes to a body before it is sent. Default: none. */
  readonly finishBody?: ((body: JsonObject, call: ModelCall) => JsonObject) | undefined;
}

/**
 * The provider. Each call is one HTTP request, sent again only when it was refused for a key that has been replaced since.
 * Throws `config_invalid` when the address is not one. Embeddings are `unsupported_capability`: Anthropic has none.
 */
export function createAnthropicProvider(options: AnthropicOptions): ModelProvider {
  const { name } = options;
  const messagesPath = options.messagesPath ?? (() => '/messages');
  const countTokensPath = options.countTokensPath ?? (() => '/messages/count_tokens');
  const finishBody = options.finishBody ?? ((body: JsonObject) => body);
  const connection = createConnection({
    ...options,
    baseUrl: options.baseUrl ?? defaultBaseUrl,
    keyHeaders: options.keyHeaders ?? ((key) => ({ 'x-api-key': key })),
    headers: withVersion(options.headers, options.version ?? defaultVersion),
    failureOf: ({ status, headers, body }, context) => failureOf(status, headers, body, context),
    toPayload: betasToWire,
  });
  const contextOf = (call: ModelCall, request: PredictRequest, wire: MessageRequest): MessageContext => ({
    ...answerContextOf(connection, options, call, wire.downgrades),
    request,
    answerTool: wire.answerTool,
  });
  const toWire = (request: PredictRequest, call: ModelCall, stream: boolean): MessageRequest =>
    predictToWire(request, { model: call.model, stream, maxTokensDefault: options.maxTokensDefault });
  const failure = (call: ModelCall) => (body: JsonObject) => embeddedFailureOf(body, connection.failureContext(call));
  const post = async (path: string, body: JsonObject, call: ModelCall): Promise<JsonObject> => {
    const answer = await connection.post(path, finishBody(body, call), call);
    if (isFailure(answer)) throw failure(call)(answer);
    return answer;
  };
  const predictStream: ModelProvider['predictStream'] = (request, call) =>
    connection.stream(call, () => {
      const wire = toWire(request, call, true);
      const reader = new MessageStreamReader(contextOf(call, request, wire), failure(call));
      return { path: messagesPath(call, true), body: finishBody(wire.body, call), reader };
    });
  return {
    name,
    models: () => options.models ?? [],
    async predict(request, call) {
      const wire = toWire(request, call, false);
      const answer = await post(messagesPath(call, false), wire.body, call);
      const response = predictFromWire(answer, contextOf(call, request, wire));
      return settleUsage(response, request, outputOf(response.content), options.estimator);
    },
    predictStream,
    continuation: {
      canContinue,
      mayEcho: false,
      continueStream: (request, said, call) => predictStream(withAnswerSoFar(request, said), call),
    },
    async countTokens(request, call) {
      const { body, downgrades } = toWire(request, call, false);
      const answer = await post(countTokensPath(call), countToWire(body), call);
      return { ...countFromWire(answer, call.model, connection.targetOf(call)), ...reportOf(downgrades) };
    },
    async embed(_, call) {
      const message = `The model '${connection.targetOf(call)}' cannot embed texts.`;
      throw new SluiceError('unsupported_capability', { message, param: 'model' });
    },
    ready: () => connection.ready(),
    close: () => connection.close(),
  };
}

function withVersion(headers: CredentialOptions['headers'], version: string | false): CredentialOptions['headers'] {
  if (version === false) return headers;
  const add = (further: Headers = {}): Headers => {
    const isGiven = Object.keys(further).some((field) => field.toLowerCase() === 'anthropic-version');
    return isGiven ? further : { 'anthropic-version': version, ...further };
  };
  return typeof headers === 'function' ? async () => add(await headers()) : add(headers);
}
