// The provider of a section of type vertex: Google's models and Anthropic's, told apart by the name of the model. Each is the
// provider of its own folder; what they share is the project and the source of access tokens.

import type { VertexConfig } from '../config/config.ts';
import type { JsonObject } from '../core/json.ts';
import type { Clock } from '../ports/clock.ts';
import type { ModelCall, ModelProvider } from '../ports/model.ts';
import type { Secrets } from '../ports/secrets.ts';
import type { TokenEstimator } from '../ports/token-estimator.ts';
import { createAnthropicProvider } from '../providers/anthropic/provider.ts';
import { vertexAnthropicAddress } from '../providers/vertex/address.ts';
import { createGoogleAuth, type GoogleAuthOptions } from '../providers/vertex/google-auth.ts';
import { createVertexProvider, type VertexAuth } from '../providers/vertex/provider.ts';
import { createProxiedFetch } from '../providers/vertex/proxied-fetch.ts';
import type { Log } from '../telemetry/log.ts';
import { anthropicVersionOnVertex } from './defaults.ts';
import { resolveHeaders } from './resolve-headers.ts';

/** What it is made with. */
export interface VertexServices {
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly estimator: TokenEstimator;
  readonly log: Log;
  /** How access tokens are fetched. Default: the global fetch. */
  readonly fetch?: GoogleAuthOptions['fetch'];
}

/** The provider. With a project, `claude…` and `anthropic/…` are Anthropic's models; all other names are Google's to judge. */
export function createVertex(name: string, config: VertexConfig, services: VertexServices): ModelProvider {
  const proxied = config.proxy === undefined ? undefined : createProxiedFetch(config.proxy);
  const auth = vertexAuth(name, config, { ...services, fetch: services.fetch ?? proxied?.fetch });
  const headers = () => resolveHeaders(config.headers, services.secrets);
  const { project, location, baseUrl, connections, proxy } = config;
  const { clock, estimator, log } = services;
  const limits = { connections };
  const google = createVertexProvider({
    name,
    project,
    location,
    baseUrl,
    auth,
    headers,
    clock,
    estimator,
    log,
    limits,
    proxy,
  });
  if (project === undefined) return google; // Its key needs no token, and so no other connection.
  const address = vertexAnthropicAddress({ project, location, baseUrl });
  const anthropic = createAnthropicProvider({
    name,
    baseUrl: address.baseUrl,
    ...credentialsOf(auth),
    headers,
    version: false,
    clock,
    estimator,
    log,
    limits,
    proxy,
    messagesPath: (call, streamed) => address.messagesPath(anthropicName(call.model), streamed),
    countTokensPath: () => address.countTokensPath,
    finishBody,
  });
  return byModel(google, anthropic, () => proxied?.close());
}

/** How calls of the section are authorised. Nothing is read before it is used. */
export function vertexAuth(
  name: string,
  config: VertexConfig,
  services: Omit<VertexServices, 'estimator'>,
): VertexAuth {
  const { apiKey, credentials } = config;
  const { secrets, clock, log, fetch } = services;
  if (apiKey !== undefined) return { kind: 'api-key', apiKey: () => secrets.get(apiKey.secret) };
  const json = credentials === undefined ? undefined : () => secrets.get(credentials.secret);
  return { kind: 'google', source: createGoogleAuth({ name, credentials: json, clock, log, fetch }) };
}

type Credentials = Pick<Parameters<typeof createAnthropicProvider>[0], 'apiKey' | 'keyHeaders'>;

function credentialsOf(auth: VertexAuth): Credentials {
  if (auth.kind === 'api-key') return { apiKey: auth.apiKey, keyHeaders: (key) => ({ 'x-goog-api-key': key }) };
  return { apiKey: auth.source.token, keyHeaders: (token) => auth.source.headersOf(token) };
}

/** The model stands in the path and the version in the body; only the body that counts tokens names its model. */
function finishBody(body: JsonObject, call: ModelCall): JsonObject {
  const { model: _, ...rest } = body;
  const isCount = !Object.hasOwn(body, 'max_tokens');
  const named: JsonObject = isCount ? { model: anthropicName(call.model), ...rest } : rest;
  return { anthropic_version: anthropicVersionOnVertex, ...named };
}

function isAnthropic(model: string): boolean {
  return model.startsWith('claude') || model.startsWith('anthropic/');
}

function anthropicName(model: string): string {
  return model.replace(/^anthropic\//, '');
}

/** Two providers as one. `release` ends what they share. */
function byModel(
  google: ModelProvider,
  anthropic: ModelProvider,
  release: () => Promise<void> | undefined,
): ModelProvider {
  const of = (call: ModelCall): ModelProvider => (isAnthropic(call.model) ? anthropic : google);
  const countTokens: ModelProvider['countTokens'] = (request, call) => {
    const provider = of(call);
    if (provider.countTokens === undefined) throw new TypeError('both providers count tokens');
    return provider.countTokens(request, call);
  };
  const { continuation } = anthropic;
  return {
    name: google.name,
    models: () => [...google.models(), ...anthropic.models()],
    predict: (request, call) => of(call).predict(request, call),
    predictStream: (request, call) => of(call).predictStream(request, call),
    // Google's models have no way to go on with an answer.
    ...(continuation === undefined
      ? {}
      : {
          continuation: {
            ...continuation,
            canContinue: (request, model) => isAnthropic(model) && continuation.canContinue(request, model),
          },
        }),
    embed: (request, call) => of(call).embed(request, call),
    countTokens,
    // Both read the same credentials.
    ready: (signal) => google.ready(signal),
    async close() {
      await Promise.all([google.close(), anthropic.close(), release()]);
    },
  };
}
