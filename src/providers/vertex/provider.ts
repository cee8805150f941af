// The provider for Gemini: generateContent on Vertex AI, and the same API at generativelanguage.googleapis.com with an API key.

import { reportOf } from '../../core/downgraded.ts';
import { type SluiceError, toSluiceError, upstreamMalformed } from '../../core/error.ts';
import type { JsonObject } from '../../core/json.ts';
import type { ModelDescription } from '../../core/model-description.ts';
import type { PredictRequest } from '../../core/predict.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ModelCall, ModelProvider } from '../../ports/model.ts';
import type { TokenEstimator } from '../../ports/token-estimator.ts';
import type { Log } from '../../telemetry/log.ts';
import { type AnswerContext, answerContextOf } from '../translation/answer-context.ts';
import { countOf } from '../translation/wire-values.ts';
import { type Connection, createConnection } from '../transport/connection.ts';
import type { CredentialOptions } from '../transport/credentials.ts';
import type { ProviderLimits } from '../transport/defaults.ts';
import type { FailureContext } from '../transport/vendor-error.ts';
import { type Address, createAddress } from './address.ts';
import { embedConcurrency } from './defaults.ts';
import { type EmbedStep, embedFromWire, embedToWire } from './embed.ts';
import { embeddedFailureOf, failureOf, isFailure } from './errors.ts';
import { predictFromWire } from './from-wire.ts';
import type { GoogleAuth } from './google-auth.ts';
import { GenerateStreamReader } from './stream.ts';
import { countTokensToWire, predictToWire } from './to-wire.ts';

/** What a provider is made of. */
export interface VertexOptions {
  /** The provider's name in the configuration: the first half of its targets. */
  readonly name: string;
  /** The Google Cloud project. Absent: the Gemini API (or Vertex in express mode, see address.ts). */
  readonly project?: string | undefined;
  /** Region, `us`, `eu` or `global`. Default: `global`. */
  readonly location?: string | undefined;
  /** Up to and including the version. Default: Google's address for the project and location. */
  readonly baseUrl?: string | undefined;
  readonly auth: VertexAuth;
  /** Further headers of every request, or how to read them (once). They win over ours of the same name. */
  readonly headers?: CredentialOptions['headers'];
  readonly clock: Clock;
  /** Counts tokens where Google does not. */
  readonly estimator: TokenEstimator;
  readonly log: Log;
  /** What is left out is taken from `defaultLimits` of the connection. */
  readonly limits?: Partial<ProviderLimits> | undefined;
  /** `http://[user:password@]host:port` of an HTTP proxy. Absent: direct. */
  readonly proxy?: string | undefined;
  /** Models to describe; the provider passes any other name on as well. */
  readonly models?: readonly ModelDescription[] | undefined;
}

/** How calls are authorised: access tokens, which Vertex wants, or a key. */
export type VertexAuth =
  | { readonly kind: 'google'; readonly source: GoogleAuth }
  | { readonly kind: 'api-key'; readonly apiKey: () => Promise<string> };

/**
 * The provider. Each call is one HTTP request, sent again only when it was refused for a key or token that has been replaced
 * since; embeddings of many texts may take several. Throws `config_invalid` when the address is not one.
 */
export function createVertexProvider(options: VertexOptions): ModelProvider {
  const { name } = options;
  const vertex = createCalls(options);
  const { address, connection } = vertex;
  return {
    name,
    models: () => options.models ?? [],
    async predict(request, call) {
      const { body, downgrades } = predictToWire(request, call.model, address.api);
      const answer = await vertex.post('generateContent', body, call);
      return predictFromWire(answer, request, vertex.contextOf(call, downgrades), vertex.failure(call));
    },
    predictStream: (request, call) => streamed(vertex, request, call),
    async countTokens(request, call) {
      const { body, downgrades } = countTokensToWire(request, call.model, address.api);
      const inputTokens = countOf((await vertex.post('countTokens', body, call))['totalTokens']);
      if (inputTokens === undefined) throw upstreamMalformed('the answer has no totalTokens');
      const target = connection.targetOf(call);
      return { model: call.model, target, attempts: 1, inputTokens, source: 'provider', ...reportOf(downgrades) };
    },
    async embed(request, call) {
      const { steps, downgrades } = embedToWire(request, call.model, address.api);
      const answers = await embedAll(vertex, steps, call);
      return embedFromWire(answers, request, vertex.contextOf(call, downgrades));
    },
    ready: () => warmUp(options, connection),
    close: () => connection.close(),
  };
}

/** What all operations share. */
interface Calls {
  readonly address: Address;
  readonly connection: Connection;
  post(method: string, body: JsonObject, call: ModelCall, parse?: (text: string) => unknown): Promise<JsonObject>;
  contextOf(call: ModelCall, downgrades: readonly string[]): AnswerContext;
  failure(call: ModelCall): (body: JsonObject) => SluiceError;
}

function createCalls(options: VertexOptions): Calls {
  const address = createAddress(options);
  // The project is nothing that callers should read in an error.
  const hidden = options.project === undefined ? [] : [options.project];
  const withHidden = (context: FailureContext): FailureContext => ({
    ...context,
    secrets: [...context.secrets, ...hidden],
  });
  const connection = createConnection({
    name: options.name,
    baseUrl: address.baseUrl,
    ...credentialsOf(options.auth),
    headers: options.headers,
    clock: options.clock,
    log: options.log,
    limits: options.limits,
    proxy: options.proxy,
    failureOf: (answer, context) => failureOf(answer, withHidden(context)),
  });
  const failure = (call: ModelCall) => (body: JsonObject) =>
    embeddedFailureOf(body, withHidden(connection.failureContext(call)));
  return {
    address,
    connection,
    failure,
    async post(method, body, call, parse) {
      const answer = await connection.post(address.pathOf(call.model, method), body, call, parse);
      if (isFailure(answer)) throw failure(call)(answer);
      return answer;
    },
    contextOf: (call, downgrades) => answerContextOf(connection, options, call, downgrades),
  };
}

function credentialsOf(auth: VertexAuth): Pick<CredentialOptions, 'apiKey' | 'keyHeaders'> {
  if (auth.kind === 'api-key') return { apiKey: auth.apiKey, keyHeaders: (key) => ({ 'x-goog-api-key': key }) };
  const { source } = auth;
  return { apiKey: source.token, keyHeaders: (token) => source.headersOf(token) };
}

/** `alt=sse`, or the answer would be one JSON list. */
function streamed(vertex: Calls, request: PredictRequest, call: ModelCall): ReturnType<ModelProvider['predictStream']> {
  return vertex.connection.stream(call, () => {
    const { body, downgrades } = predictToWire(request, call.model, vertex.address.api);
    const path = `${vertex.address.pathOf(call.model, 'streamGenerateContent')}?alt=sse`;
    const reader = new GenerateStreamReader(request, vertex.contextOf(call, downgrades), vertex.failure(call));
    return { path, body, reader };
  });
}

/** All steps in order, at most `embedConcurrency` under way; the first failure ends the call. */
async function embedAll(
  vertex: Calls,
  steps: readonly EmbedStep[],
  call: ModelCall,
): Promise<{ step: EmbedStep; body: JsonObject }[]> {
  const answers = new Array<{ step: EmbedStep; body: JsonObject } | undefined>(steps.length).fill(undefined);
  const stop = new AbortController();
  const bounded: ModelCall = { ...call, signal: AbortSignal.any([call.signal, stop.signal]) };
  let next = 0;
  const work = async (): Promise<void> => {
    for (let index = next++; index < steps.length; index = next++) {
      const step = steps[index];
      if (step === undefined) return;
      answers[index] = { step, body: await vertex.post(step.method, step.body, bounded, JSON.parse) };
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(embedConcurrency, steps.length) }, work));
  } catch (failure) {
    stop.abort(failure);
    throw failure;
  }
  return answers.filter((answer) => answer !== undefined);
}

/**
 * Fetches the key or the first token. Only credentials that can never work fail the start: a token service that is down now
 * may be up at the first call.
 */
async function warmUp(options: VertexOptions, connection: Connection): Promise<void> {
  try {
    await connection.ready();
  } catch (thrown) {
    const failure = toSluiceError(thrown);
    if (options.auth.kind === 'api-key' || failure.reason === 'config_invalid') throw failure;
    options.log.warn(
      { provider: options.name, error: failure.reason },
      'no access token yet; it is fetched at the first call',
    );
  }
}
