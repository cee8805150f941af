// The configuration as the rest of Sluice sees it: validated, complete, deeply frozen. What may be written in `sluice.yaml`
// to get here is in schema.ts; where the defaults come from is in defaults.ts.

/** The whole configuration. Paths are absolute, addresses are parsed, every default is filled in. */
export interface Config {
  /** Where Sluice keeps what must survive: the store, the development key, converted models. Absolute. */
  readonly dataDir: string;
  readonly listen: ListenConfig;
  /** By name, at least one. The name is the part before the `/` of a target. */
  readonly providers: Readonly<Record<string, ProviderConfig>>;
  /** By alias. May be empty: `provider/model` can always be named directly. */
  readonly models: Readonly<Record<string, ModelConfig>>;
  readonly breaker: BreakerConfig;
  readonly limits: LimitsConfig;
  /** Where the edge finds the inference service; absent when it runs in the same process. */
  readonly inference?: InferenceConfig;
  readonly rpc: RpcConfig;
  readonly store: StoreConfig;
  readonly responses: ResponsesConfig;
  readonly bus: BusConfig;
  readonly secrets: SecretsConfig;
  readonly telemetry: TelemetryConfig;
}

/** The addresses of the listeners. Which of them a role opens is decided by the role. */
export interface ListenConfig {
  /** The public API. */
  readonly http: Address;
  /** Health, metrics and the admin API. */
  readonly admin: Address;
  /** The gRPC services. */
  readonly grpc: Address;
}

/** A host and a TCP port. */
export interface Address {
  /** A name or an IP address; an IPv6 address without brackets. */
  readonly host: string;
  /** 0 means any free port. */
  readonly port: number;
}

/** One provider of models. */
export type ProviderConfig =
  | OpenAiCompatibleConfig
  | OpenAiConfig
  | AnthropicConfig
  | VertexConfig
  | OpenInferenceConfig
  | LocalProviderConfig;

/** Any server that speaks the OpenAI dialect: vLLM, TGI, Ollama, llama.cpp. */
export interface OpenAiCompatibleConfig {
  readonly type: 'openai-compatible';
  /** Without a trailing slash: `http://vllm:8000/v1`. */
  readonly baseUrl: string;
  readonly apiKey?: SecretReference;
  /** Sent with every request. */
  readonly headers: Readonly<Record<string, string | SecretReference>>;
  /** Most connections to the server that are open at once. */
  readonly connections: number;
  /** Names to show in `/v1/models`; any other name is passed on as well. */
  readonly models: readonly string[];
  /** An HTTP proxy for all calls: `http://proxy:3128`. */
  readonly proxy?: string;
  /** How the server wants to be asked for a ranking. */
  readonly rerank: 'jina' | 'tei';
  /** How the server is asked to go on with an answer; same meaning as ContinuationForm of the provider. */
  readonly continuation: 'none' | 'continue-final-message' | 'prefix' | 'last-message';
}

/** OpenAI itself, or another server of its Responses API. */
export interface OpenAiConfig extends Omit<OpenAiCompatibleConfig, 'type' | 'rerank' | 'continuation'> {
  readonly type: 'openai';
  /** Which of its APIs predictions go over; `auto`: the one that fits the request. */
  readonly api: 'auto' | 'chat' | 'responses';
}

/** Anthropic, or another server of its Messages API. */
export interface AnthropicConfig extends Omit<OpenAiCompatibleConfig, 'type' | 'rerank' | 'continuation'> {
  readonly type: 'anthropic';
}

/** Google's models, and Anthropic's, on Vertex AI; Gemini also by an API key without a project. */
export interface VertexConfig {
  readonly type: 'vertex';
  /** Absent: the Gemini API, by `apiKey`. */
  readonly project?: string;
  /** A region, `us`, `eu` or `global`. */
  readonly location: string;
  /** Up to and including the version, without a trailing slash. Absent: Google's. */
  readonly baseUrl?: string;
  /** The JSON of a credentials file. Absent, and no `apiKey` either: application default credentials. */
  readonly credentials?: SecretReference;
  readonly apiKey?: SecretReference;
  readonly headers: Readonly<Record<string, string | SecretReference>>;
  readonly connections: number;
  readonly models: readonly string[];
  /** An HTTP proxy for all calls, those for access tokens included: `http://proxy:3128`. */
  readonly proxy?: string;
}

/** A server of the Open Inference Protocol: Triton, KServe, MLServer. */
export interface OpenInferenceConfig {
  readonly type: 'open-inference';
  /** `grpc://host:port`, `grpcs://host:port`, or an http(s) address. */
  readonly url: string;
  /** The http(s) address with Triton's generate extension; absent: `url`, where that is one. */
  readonly generateUrl?: string;
  readonly apiKey?: SecretReference;
  readonly headers: Readonly<Record<string, string | SecretReference>>;
  /** Of a grpcs connection. */
  readonly tls?: ClientTlsConfig;
  /** An HTTP proxy for REST and generate calls. */
  readonly proxy?: string;
  /** Most calls under way at once. */
  readonly concurrency: number;
  /** Whether tensors go as bytes over REST. */
  readonly binaryData: boolean;
  /** What models are for, by their names at the server. */
  readonly models: Readonly<Record<string, OpenInferenceModelConfig>>;
}

/** Fields of a model that reads texts by tensors; the meaning of each is in providers/open-inference/tensor-task.ts. */
interface TextTensors {
  readonly output: string;
  readonly textDimensions: 1 | 2;
  readonly maxBatch?: number;
}

/** What a model of a server is for. */
export type OpenInferenceModelConfig =
  | ({ readonly task: 'embed'; readonly input: string } & TextTensors)
  | ({
      readonly task: 'classify';
      readonly input: string;
      readonly labels?: readonly string[];
      readonly activation: 'none' | 'sigmoid' | 'softmax';
    } & TextTensors)
  | ({
      readonly task: 'rank';
      readonly inputs: { readonly query: string; readonly document: string } | { readonly pair: string };
      readonly activation: 'none' | 'sigmoid';
    } & TextTensors)
  | {
      readonly task: 'generate';
      readonly template: PromptTemplateConfig;
      readonly backend: 'vllm' | 'tensorrt-llm';
      readonly parameters: Readonly<Record<string, string | number | boolean>>;
    }
  | { readonly task: 'infer' };

/** How a conversation becomes a prompt: the name of a template, or the texts around what was said. */
export type PromptTemplateConfig =
  | 'plain'
  | 'chatml'
  | 'llama3'
  | { readonly system: string; readonly user: string; readonly assistant: string; readonly opening: string };

/** Models that run in this process. */
export interface LocalProviderConfig {
  readonly type: 'local';
  /** Models beside the built-in ones, by name. */
  readonly models: Readonly<Record<string, LocalModelConfig>>;
  /** Threads of the engine; absent: the engine decides by the number of cores. */
  readonly threads?: number;
}

/** A model in a folder of Hugging Face layout with ONNX weights. */
export interface LocalModelConfig {
  /** Absolute path of the folder. */
  readonly path: string;
  readonly task: 'chat' | 'embeddings' | 'rank' | 'classify' | 'moderate' | 'tensors';
  /** How token vectors become one vector; embeddings only. Absent: what the folder's own files say, else `mean`. */
  readonly pooling?: 'mean' | 'cls' | 'last';
  /** The category of harm that each label means; moderation only, where there is at least one. */
  readonly categories?: Readonly<Record<string, string>>;
  /** From which score on a category counts as found; moderation only. Absent: 0.5. */
  readonly threshold?: number;
}

/** The name of a secret, never its value. */
export interface SecretReference {
  readonly secret: string;
}

/** What an alias stands for. */
export interface ModelConfig {
  /** `provider/model` in order of preference, or a section with how it takes part in the choice; at least one. */
  readonly targets: readonly (string | TargetConfig)[];
  readonly routing: RoutingConfig;
  readonly timeouts: TimeoutsConfig;
  readonly retries: RetriesConfig;
  /** What happens to a stream whose target dies in the middle; same meaning as RescueMode of inference/. */
  readonly rescue: 'off' | 'restart' | 'continue';
  /** Shown in `/v1/models` in place of the provider's own words. */
  readonly summary?: string;
}

/** One of the targets, and how it takes part. Same meaning as TargetRouting of inference/. */
export interface TargetConfig {
  readonly target: string;
  readonly weight?: number;
  readonly priority?: number;
  readonly canary?: { readonly share: number; readonly name?: string };
  readonly usdPerMillionTokens?: { readonly input: number; readonly output: number };
}

/** How a target is chosen. Same meaning as RoutingPolicy of inference/. */
export interface RoutingConfig {
  readonly by: 'order' | 'weight' | 'latency' | 'cost';
  readonly sticky: 'none' | 'conversation';
}

/** When a call is sent again to a target that has failed it. Same meaning as RetryPolicy of inference/. */
export interface RetriesConfig {
  readonly maxRepeats: number;
  readonly share: number;
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
  readonly maxWaitMs: number;
}

/** When a target that fails is left alone. Same meaning as BreakerPolicy of inference/. */
export interface BreakerConfig {
  readonly enabled: boolean;
  readonly windowMs: number;
  readonly minimumCalls: number;
  readonly failureShare: number;
  readonly consecutiveFailures: number;
  readonly restMs: number;
  readonly maxRestMs: number;
  readonly probesToClose: number;
}

/** Time limits of one attempt, in milliseconds. Same meaning as AttemptTimeouts of ports/model.ts. */
export interface TimeoutsConfig {
  readonly connectMs: number;
  readonly firstTokenMs: number;
  readonly idleMs: number;
  readonly totalMs: number;
}

/** What one process accepts. Each default has its reason in defaults.ts. */
export interface LimitsConfig {
  readonly maxBodyBytes: number;
  /** Of a body that is not JSON: a form with a recording, tensors. */
  readonly maxUploadBytes: number;
  readonly maxHeaderBytes: number;
  /** Depth of arrays and objects in a body. */
  readonly maxNesting: number;
  readonly maxConcurrentRequests: number;
  readonly maxRequestsPerKey: number;
  readonly maxConnections: number;
  /** All bodies held in memory at one time. */
  readonly maxBufferedBodyBytes: number;
  readonly maxConcurrentStreams: number;
  readonly maxStreamsPerKey: number;
  /** From the opening of a connection until its headers are complete. */
  readonly headersTimeoutMs: number;
  /** Between two pieces of a body. */
  readonly bodyIdleTimeoutMs: number;
  /** From the opening of a connection until the body is complete. */
  readonly requestTimeoutMs: number;
  /** How long a client may leave a full buffer unread. */
  readonly slowConsumerMs: number;
  /** From SIGTERM until calls under way are ended. */
  readonly drainMs: number;
}

/** How roles carry calls between them: one long-lived stream for all calls, or one gRPC call each. */
export type RpcTransport = 'multiplex' | 'unary';

/** A remote inference service. */
export interface InferenceConfig {
  readonly address: Address;
  readonly transport: RpcTransport;
  /** Absent: plaintext. */
  readonly tls?: ClientTlsConfig;
  /** Makes this process a peer of a service that asks for one. */
  readonly peerToken?: SecretReference;
}

/** TLS towards a server. Paths are absolute PEM files. */
export interface ClientTlsConfig {
  /** Who is trusted; absent: the roots that come with Node. */
  readonly ca?: string;
  /** Client certificate for mTLS, with its key. */
  readonly cert?: string;
  readonly key?: string;
  /** The name that the server's certificate must carry, where it differs from the host. */
  readonly serverName?: string;
}

/** The gRPC server of this process. */
export interface RpcConfig {
  /** Absent: plaintext, on loopback only unless `allowPlaintext`. */
  readonly tls?: ServerTlsConfig;
  /** Allows plaintext beyond loopback, for example where a mesh encrypts. */
  readonly allowPlaintext: boolean;
  /** `auto`: callers from beyond this machine need an API key unless they show a client certificate. */
  readonly requireApiKey: 'auto' | 'always' | 'never';
  /** By which our own roles are known where callers need an API key. */
  readonly peerToken?: SecretReference;
}

/** TLS of a server. Paths are absolute PEM files. */
export interface ServerTlsConfig {
  readonly cert: string;
  readonly key: string;
  /** When set, only clients with a certificate of this authority are served (mTLS). */
  readonly clientCa?: string;
}

/** The durable store. */
export interface StoreConfig {
  readonly kind: 'sqlite';
  /** Absolute path of the database file. */
  readonly path: string;
}

/** What is kept of the Responses API. */
export interface ResponsesConfig {
  /** False: answers are given and never kept, whatever a request says. */
  readonly store: boolean;
  readonly retentionDays: number;
  /** Whether the id of an answer or a conversation that is not kept here is passed on to the vendor, as one of its own. */
  readonly passUnknown: boolean;
}

/** The event bus. */
export interface BusConfig {
  readonly kind: 'embedded';
}

/** Where secrets are found. */
export interface SecretsConfig {
  /** A folder with one file for each secret; absolute. It need not exist while no secret is referred to. */
  readonly dir: string;
}

/** Traces and logs. Metrics are always served on the admin listener. */
export interface TelemetryConfig {
  /** Absent: traces are propagated but not exported. */
  readonly otlp?: OtlpConfig;
  /** Share of traces begun here that are recorded, 0 to 1. A caller's own decision is followed. */
  readonly sampleRatio: number;
  readonly logLevel: LogLevel;
  /** `auto` is `pretty` on a terminal and `json` elsewhere. */
  readonly logFormat: 'auto' | 'json' | 'pretty';
}

/** The least important lines that are written. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** A receiver of traces over OTLP/HTTP. */
export interface OtlpConfig {
  /** Base address such as `http://collector:4318`; `/v1/traces` is added unless it is there. */
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string | SecretReference>>;
}
