// The one definition of sluice.yaml: what may be written, what it becomes, and the JSON Schema for editors.

import { z } from 'zod';
import type { ClientTlsConfig, Config, InferenceConfig, RpcConfig, RpcTransport, StoreConfig } from './config.ts';
import {
  anthropicBaseUrl,
  defaultConnections,
  defaultListen,
  defaultRetentionDays,
  defaultSampleRatio,
  defaultTimeouts,
  openAiBaseUrl,
  vertexLocation,
} from './defaults.ts';
import { expectedOf } from './expected.ts';
import { limits } from './limits-schema.ts';
import { generateUrl, openInferenceModels, serverUrl } from './open-inference-schema.ts';
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
  proxy: httpUrl('An HTTP proxy for all calls. Absent: direct.', 'http://proxy:3128').exactOptional(),
  models: z
    .array(text('the name of a model', 'Name of a model at the provider.'))
    .default([])
    .describe('Names to show in /v1/models. Any other name is passed on as well.'),
};

const clientTls: z.ZodType<ClientTlsConfig, ClientTlsConfig> = z
  .strictObject({
    ca: path('PEM of who is trusted. Default: the roots that come with Node.').exactOptional(),
    cert: path('PEM of the client certificate, for mTLS.').exactOptional(),
    key: path('PEM of its key.').exactOptional(),
    serverName: text('a host name', 'The name in the certificate, where it differs from the host.').exactOptional(),
  })
  .refine((tls) => (tls.cert === undefined) === (tls.key === undefined), 'both cert and key, or neither')
  .describe('TLS towards a server. Absent: plaintext, unless the address says grpcs.');

const openAiCompatible = z
  .strictObject({
    type: z.literal('openai-compatible'),
    baseUrl: httpUrl('Address up to /v1.', 'http://vllm:8000/v1'),
    ...serverFields,
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

const localModel = z
  .strictObject({
    path: path('A folder of Hugging Face layout with ONNX weights.'),
    task: z
      .enum(['chat', 'embeddings', 'rank', 'classify', 'moderate', 'tensors'])
      .describe('What the model does. tensors: any ONNX graph, as it is.'),
    pooling: z
      .enum(['mean', 'cls', 'last'])
      .exactOptional()
      .describe('Embeddings: how token vectors become one vector. Default: what the folder says, else mean.'),
    categories: z
      .record(text('a label of the model', 'A label.'), text('a category, such as harassment', 'A category.'))
      .exactOptional()
      .describe(
        'Moderation, where it is required: the category of harm that each label means. Other labels do not count.',
      ),
    threshold: z
      .number('a number from 0 to 1')
      .min(0, 'a number from 0 to 1')
      .max(1, 'a number from 0 to 1')
      .exactOptional()
      .describe('Moderation: from which score on a category counts as found. Default: 0.5.'),
  })
  .superRefine(({ task, categories }, context) => {
    const isNamed = Object.keys(categories ?? {}).length > 0;
    if (task !== 'moderate' || isNamed) return;
    const message = 'a category of harm for at least one label: moderation needs them';
    context.addIssue({ code: 'custom', path: ['categories'], message, input: categories });
  });

const openInference = z
  .strictObject({
    type: z.literal('open-inference'),
    url: serverUrl,
    generateUrl,
    apiKey: serverFields.apiKey,
    headers,
    tls: clientTls.exactOptional(),
    proxy: serverFields.proxy,
    concurrency: whole({ min: 1, max: 65_535 }, defaultConnections, 'Most calls to the server at once.'),
    binaryData: z.boolean().default(false).describe('Over REST: tensors go as bytes; Triton and KServe can.'),
    models: openInferenceModels,
  })
  .refine(({ tls, url }) => tls === undefined || url.startsWith('grpcs:'), 'tls only beside a grpcs:// url')
  .describe('A server of the Open Inference Protocol: Triton, KServe, MLServer.');

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
    .record(
      name('a provider'),
      z.discriminatedUnion('type', [openAiCompatible, openAi, anthropic, vertex, openInference, local]),
    )
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
  responses: z
    .strictObject({
      store: z
        .boolean()
        .default(true)
        .describe('Whether answers of the Responses API are kept when the caller allows it.'),
      retentionDays: whole({ min: 1, max: 3650 }, defaultRetentionDays, 'Days that an answer is kept.'),
    })
    .prefault({})
    .describe('Answers of the Responses API, kept so that they can be fetched and continued.'),
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
