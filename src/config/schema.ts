// The one definition of sluice.yaml: what may be written, what it becomes, and the JSON Schema for editors.

import { z } from 'zod';
import type { ClientTlsConfig, Config, InferenceConfig, RpcConfig, RpcTransport, StoreConfig } from './config.ts';
import {
  anthropicBaseUrl,
  defaultConnections,
  defaultLimits,
  defaultListen,
  defaultSampleRatio,
  defaultTimeouts,
  openAiBaseUrl,
  vertexLocation,
} from './defaults.ts';
import { expectedOf } from './expected.ts';
import {
  address,
  headers,
  httpUrl,
  milliseconds,
  name,
  parseAddress,
  secretReference,
  text,
  whole,
  wholeWithoutDefault,
} from './values.ts';

/** The configuration as the schema leaves it: paths as they were written, defaults that depend on others not yet filled in. */
export interface ParsedConfig extends Omit<Config, 'dataDir' | 'store' | 'secrets' | 'inference' | 'rpc'> {
  readonly dataDir?: string;
  readonly store?: StoreConfig;
  readonly secrets: { readonly dir?: string };
  readonly inference?: Omit<InferenceConfig, 'transport'> & { readonly transport?: RpcTransport };
  readonly rpc: RpcConfig & { readonly transport: RpcTransport };
}

/** Validates a tree. The message of an issue is what was expected. */
export function parseTree(tree: unknown): z.ZodSafeParseResult<ParsedConfig> {
  return configSchema.safeParse(tree, { error: expectedOf });
}

/** JSON Schema (2020-12) of sluice.yaml: `sluice config schema`, docs/sluice.schema.json. */
export function configJsonSchema(): Record<string, unknown> {
  return { title: 'sluice.yaml', ...z.toJSONSchema(configSchema, { io: 'input' }) };
}

const path = (description: string): z.ZodType<string, string> =>
  text(
    'the path of a file or folder',
    `${description} Relative to this file; on the command line, to the working directory.`,
  );

const listen = z
  .strictObject({
    http: address(defaultListen.http, 'The public API.'),
    admin: address(defaultListen.admin, 'Health, metrics and the admin API.'),
    grpc: address(defaultListen.grpc, 'The gRPC services.'),
  })
  .prefault({})
  .describe('Where this process listens, as HOST:PORT; port 0 is any free one.');

const serverFields = {
  apiKey: secretReference.exactOptional(),
  headers,
  connections: whole({ min: 1, max: 65_535 }, defaultConnections, 'Most connections to the server at once.'),
  models: z
    .array(text('the name of a model', 'Name of a model at the provider.'))
    .default([])
    .describe('Names to show in /v1/models. Any other name is passed on as well.'),
};

const proxy = httpUrl('An HTTP proxy for all calls. Absent: direct.', 'http://proxy:3128').exactOptional();

const openAiCompatible = z
  .strictObject({
    type: z.literal('openai-compatible'),
    baseUrl: httpUrl('Address up to /v1.', 'http://vllm:8000/v1'),
    ...serverFields,
    proxy,
    rerank: z
      .enum(['jina', 'tei'])
      .default('jina')
      .describe('How the server is asked for a ranking: jina (vLLM, Cohere, Jina, LocalAI) or tei.'),
  })
  .describe('Any server that speaks the OpenAI dialect: vLLM, TGI, Ollama, llama.cpp, hosted vendors.');

const openAi = z
  .strictObject({
    type: z.literal('openai'),
    baseUrl: httpUrl('Address up to /v1.', openAiBaseUrl).default(openAiBaseUrl),
    ...serverFields,
    proxy,
    api: z
      .enum(['auto', 'chat', 'responses'])
      .default('auto')
      .describe('Which API predictions go over: chat completions, responses, or the one that fits the request.'),
  })
  .describe('OpenAI, or another server of its Responses API.');

const anthropic = z
  .strictObject({
    type: z.literal('anthropic'),
    baseUrl: httpUrl('Address up to /v1.', anthropicBaseUrl).default(anthropicBaseUrl),
    ...serverFields,
  })
  .describe('Anthropic, or another server of its Messages API.');

const vertex = z
  .strictObject({
    type: z.literal('vertex'),
    project: text('the id of a Google Cloud project', 'The project. Absent: the Gemini API.').exactOptional(),
    location: z
      .string('a location of Google Cloud, such as europe-west4')
      .regex(/^[a-z0-9-]{1,40}$/, 'a location of Google Cloud, such as europe-west4')
      .default(vertexLocation)
      .describe('A region, us, eu or global.'),
    baseUrl: httpUrl('Address up to the version.', 'https://aiplatform.googleapis.com/v1beta1').exactOptional(),
    credentials: secretReference.exactOptional(),
    ...serverFields,
  })
  .refine(
    (written) => written.credentials === undefined || written.apiKey === undefined,
    'either credentials or apiKey, not both',
  )
  .refine(
    (written) => written.project !== undefined || written.apiKey !== undefined,
    'a project, or an apiKey for the Gemini API',
  )
  .describe(
    'Gemini and Claude on Vertex AI. credentials: the JSON of a service account or of workload identity federation; absent: application default credentials.',
  );

const localModel = z.strictObject({
  path: path('A folder of Hugging Face layout with ONNX weights.'),
  task: z.enum(['chat', 'embeddings']).describe('What the model does.'),
  pooling: z
    .enum(['mean', 'cls', 'last'])
    .exactOptional()
    .describe('How token vectors become one vector. Default: what the folder says, else mean.'),
});

const local = z
  .strictObject({
    type: z.literal('local'),
    models: z.record(name('a model'), localModel).default({}).describe('Models beside the built-in ones, by name.'),
    threads: wholeWithoutDefault(
      { min: 1, max: 256 },
      'Threads of the engine. Default: by the number of cores.',
    ).exactOptional(),
  })
  .describe('Models that run in this process; some ship with Sluice.');

const target = z
  .string('PROVIDER/MODEL')
  .regex(/^[^/\s]+\/\S+$/, 'PROVIDER/MODEL, such as local/chat')
  .max(512, 'PROVIDER/MODEL of at most 512 characters')
  .describe('PROVIDER/MODEL.');

const model = z
  .strictObject({
    targets: z
      .array(target, 'a list of PROVIDER/MODEL, such as [local/chat]')
      .min(1, 'at least one PROVIDER/MODEL')
      .max(16, 'at most 16 targets')
      .describe('Where requests go, in order of preference: the next is tried when one fails.'),
    timeouts: z
      .strictObject({
        connectMs: milliseconds(defaultTimeouts.connectMs, 'Until a connection is open.'),
        firstTokenMs: milliseconds(defaultTimeouts.firstTokenMs, 'From the request to the first part of a stream.'),
        idleMs: milliseconds(defaultTimeouts.idleMs, 'Between two parts of a stream.'),
        totalMs: milliseconds(defaultTimeouts.totalMs, 'For the whole attempt.'),
      })
      .prefault({})
      .describe('Time limits of one attempt at one target, in milliseconds.'),
    summary: text('a sentence', 'Shown in /v1/models in place of the words of the provider.').exactOptional(),
  })
  .describe('An alias that callers name as their model.');

const megabyte = 1024 * 1024;

const limits = z
  .strictObject({
    maxBodyBytes: whole(
      { min: 1_024, max: 1_024 * megabyte },
      defaultLimits.maxBodyBytes,
      'Largest body of a request.',
    ),
    maxHeaderBytes: whole(
      { min: 1_024, max: megabyte },
      defaultLimits.maxHeaderBytes,
      'Request line and headers together.',
    ),
    maxNesting: whole(
      { min: 8, max: 1_000 },
      defaultLimits.maxNesting,
      'Deepest nesting of arrays and objects in a body.',
    ),
    maxConcurrentRequests: whole(
      { min: 1, max: 100_000 },
      defaultLimits.maxConcurrentRequests,
      'Calls under way at once.',
    ),
    maxRequestsPerKey: whole(
      { min: 1, max: 100_000 },
      defaultLimits.maxRequestsPerKey,
      'Calls of one API key at once.',
    ),
    maxConnections: whole({ min: 1, max: 100_000 }, defaultLimits.maxConnections, 'HTTP connections open at once.'),
    maxBufferedBodyBytes: whole(
      { min: 1_024, max: 65_536 * megabyte },
      defaultLimits.maxBufferedBodyBytes,
      'All bodies held in memory at once.',
    ),
    maxConcurrentStreams: whole({ min: 1, max: 100_000 }, defaultLimits.maxConcurrentStreams, 'Streams open at once.'),
    maxStreamsPerKey: whole(
      { min: 1, max: 100_000 },
      defaultLimits.maxStreamsPerKey,
      'Streams of one API key at once.',
    ),
    headersTimeoutMs: milliseconds(defaultLimits.headersTimeoutMs, 'Until the headers of a request are complete.'),
    bodyIdleTimeoutMs: milliseconds(defaultLimits.bodyIdleTimeoutMs, 'Between two pieces of a body.'),
    requestTimeoutMs: milliseconds(defaultLimits.requestTimeoutMs, 'Until the body of a request is complete.'),
    slowConsumerMs: milliseconds(defaultLimits.slowConsumerMs, 'How long a client may leave a full buffer unread.'),
    drainMs: milliseconds(defaultLimits.drainMs, 'From SIGTERM until calls under way are ended.'),
  })
  .prefault({})
  .describe('What one process accepts.');

const clientTls: z.ZodType<ClientTlsConfig, ClientTlsConfig> = z
  .strictObject({
    ca: path('PEM of who is trusted. Default: the roots that come with Node.').exactOptional(),
    cert: path('PEM of the client certificate, for mTLS.').exactOptional(),
    key: path('PEM of its key.').exactOptional(),
    serverName: text('a host name', 'The name in the certificate, where it differs from the host.').exactOptional(),
  })
  .refine((tls) => (tls.cert === undefined) === (tls.key === undefined), 'both cert and key, or neither')
  .describe('TLS towards the service. Absent: plaintext, unless the address says grpcs.');

const transport = z
  .enum(['multiplex', 'unary'])
  .describe('multiplex: one long-lived stream for all calls, between roles of Sluice. unary: one gRPC call each.');

const grpcForm = 'grpc://HOST:PORT, or grpcs://HOST:PORT for TLS';

const grpcUrl = z
  .string(grpcForm)
  .meta({ pattern: '^grpcs?://', examples: ['grpc://inference:8082'] })
  .transform((written, context) => {
    const match = /^(grpcs?):\/\/([^/]+)\/?$/.exec(written);
    const parsed = parseAddress(match?.[2] ?? '');
    if (parsed !== undefined && parsed.port > 0) return { address: parsed, isSecure: match?.[1] === 'grpcs' };
    context.addIssue({ code: 'custom', message: grpcForm, input: written });
    return z.NEVER;
  })
  .describe('Address of the service; grpcs for TLS.');

const inference = z
  .union(
    [
      grpcUrl.transform(({ address: at, isSecure }) => ({ address: at, ...(isSecure ? { tls: {} } : {}) })),
      z
        .strictObject({
          url: grpcUrl,
          transport: transport.exactOptional(),
          tls: clientTls.exactOptional(),
          peerToken: secretReference
            .exactOptional()
            .describe('Secret that makes this process a peer where the service asks for one (rpc.peerToken).'),
        })
        .transform(({ url, tls, ...rest }) => {
          const useTls = tls ?? (url.isSecure ? {} : undefined);
          return { ...rest, address: url.address, ...(useTls === undefined ? {} : { tls: useTls }) };
        }),
    ],
    `${grpcForm}, or a section with url, transport, tls, peerToken`,
  )
  .exactOptional()
  .describe('Where the edge finds the inference service. Absent: in the same process.');

const rpc = z
  .strictObject({
    transport: transport.default('multiplex'),
    tls: z
      .strictObject({
        cert: path('PEM of the certificate of the server.'),
        key: path('PEM of its key.'),
        clientCa: path('PEM of an authority: only clients with a certificate of it are served (mTLS).').exactOptional(),
      })
      .exactOptional()
      .describe('TLS of the gRPC listener.'),
    allowPlaintext: z
      .boolean()
      .default(false)
      .describe('Allows plaintext beyond loopback, where the network encrypts.'),
    requireApiKey: z
      .enum(['auto', 'always', 'never'])
      .default('auto')
      .describe('auto: callers from other machines need an API key, unless a client certificate is required.'),
    peerToken: secretReference
      .exactOptional()
      .describe('Secret by which edges and workers are known as peers where callers need an API key.'),
  })
  .prefault({})
  .describe('gRPC between roles and for direct clients.');

const store = z
  .string('sqlite:PATH')
  .regex(/^sqlite:./, 'sqlite:PATH, such as sqlite:./data/sluice.db')
  .transform((written): StoreConfig => ({ kind: 'sqlite', path: written.slice('sqlite:'.length) }))
  .exactOptional()
  .meta({ description: 'The durable store. Default: sluice.db in dataDir.', examples: ['sqlite:./data/sluice.db'] });

const telemetry = z
  .strictObject({
    otlp: z
      .strictObject({
        endpoint: httpUrl('Base address of an OTLP/HTTP receiver.', 'http://collector:4318'),
        headers,
      })
      .exactOptional()
      .describe('Where traces are exported. Absent: nowhere, but they are propagated.'),
    sampleRatio: z
      .number('a number from 0 to 1')
      .min(0, 'a number from 0 to 1')
      .max(1, 'a number from 0 to 1')
      .default(defaultSampleRatio)
      .describe('Share of the traces begun here that are recorded. A decision of the caller is followed.'),
    logLevel: z
      .enum(['debug', 'info', 'warn', 'error'])
      .default('info')
      .describe('The least important lines that are written.'),
    logFormat: z
      .enum(['auto', 'json', 'pretty'])
      .default('auto')
      .describe('auto: pretty on a terminal, json elsewhere.'),
  })
  .prefault({})
  .describe('Traces and logs. Metrics are always on the admin listener.');

const configSchema = z.strictObject({
  dataDir: path(
    'Where everything is kept that must survive. Default: ./data in the working directory.',
  ).exactOptional(),
  listen,
  providers: z
    .record(name('a provider'), z.discriminatedUnion('type', [openAiCompatible, openAi, anthropic, vertex, local]))
    .describe('Who runs models, by name. Default: local, the models that ship with Sluice.'),
  models: z
    .record(name('a model'), model)
    .describe(
      'Aliases that callers name as their model. Default: those of the shipped models. provider/model always works.',
    ),
  limits,
  inference,
  rpc,
  store,
  bus: z
    .literal('embedded')
    .default('embedded')
    .transform(() => ({ kind: 'embedded' as const }))
    .describe('The event bus.'),
  secrets: z
    .strictObject({ dir: path('A folder with one file for each secret. Default: secrets in dataDir.').exactOptional() })
    .prefault({})
    .describe('Where secrets are found.'),
  telemetry,
});
