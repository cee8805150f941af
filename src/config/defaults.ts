// The values that hold where the configuration says nothing, each with its reason. docs/sluice.schema.json shows the same.

/** Loopback: a first start must not open a service to the network. */
export const defaultListen = {
  http: '127.0.0.1:8080',
  admin: '127.0.0.1:8081',
  grpc: '127.0.0.1:8082',
} as const;

/** Below the working directory, so that a first start needs no rights and leaves nothing elsewhere. */
export const defaultDataDir = './data';

/** OpenAI's public address. */
export const openAiBaseUrl = 'https://api.openai.com/v1';

/** Anthropic's public address. */
export const anthropicBaseUrl = 'https://api.anthropic.com/v1';

/** The endpoint of Vertex AI that serves every current model. */
export const vertexLocation = 'global';

/** Twice the 200 concurrent streams that one process is built for, below the usual limit of 1,024 open files. */
export const defaultConnections = 512;

/** The models that ship with Sluice, so that a first start answers without any key or network. */
export const defaultProviders: Readonly<Record<string, { readonly type: string }>> = { local: { type: 'local' } };

/** Aliases of the shipped models; they exist while nothing else is written under `models`. */
export const defaultModels: Readonly<Record<string, { readonly targets: readonly string[] }>> = {
  chat: { targets: ['local/chat'] },
  stories: { targets: ['local/stories'] },
  embed: { targets: ['local/use-lite'] },
  rank: { targets: ['local/rank'] },
  classify: { targets: ['local/classify'] },
};

/** Time limits of one attempt. */
export const defaultTimeouts = {
  /** Within a region a connection takes 100 ms; two seconds allow one lost SYN. */
  connectMs: 2_000,
  /** A loaded GPU queues a prompt for seconds; beyond ten the next target is the better bet. */
  firstTokenMs: 10_000,
  /** Models pause for tool calls and reasoning, seldom longer. */
  idleMs: 15_000,
  /** 4,000 tokens at 35 a second. */
  totalMs: 120_000,
} as const;

/** When a call is sent again to a target that has failed it. */
export const defaultRetries = {
  /** Official clients repeat twice by themselves; each repeat here multiplies theirs. */
  maxRepeats: 0,
  /** So much more load can a vendor that fails everything get from us, not three times as much. */
  share: 0.2,
  /** Below what a person notices; a connection that was reset is there again. */
  baseDelayMs: 100,
  /** A longer wait is better spent on another target, or told to the caller. */
  maxDelayMs: 2_000,
  /** A caller who waits for one answer gives up soon after; official clients wait and come again by themselves. */
  maxWaitMs: 5_000,
} as const;

/** When a target that fails is left alone. */
export const defaultBreaker = {
  /** Until it is asked for: a target that is left alone fails calls that it might have answered. */
  enabled: false,
  /** With `minimumCalls` a busy target is judged within a second, a quiet one by its run of failures. */
  windowMs: 10_000,
  minimumCalls: 10,
  /** Vendors under load fail a tenth of the calls for hours: such a call is worth a second try, not a rest. */
  failureShare: 0.5,
  consecutiveFailures: 5,
  /** Most disturbances last seconds or many minutes. */
  restMs: 5_000,
  /** A probe each minute is no load, and a minute late is soon enough after a long outage. */
  maxRestMs: 60_000,
  /** One good answer can be luck. */
  probesToClose: 2,
} as const;

/** What one process accepts. The edge's own reasons are in edge/defaults.ts; the values are the same. */
export const defaultLimits = {
  /** 10 MiB. A prompt of 128k tokens is about 600 KB; the rest is room for pictures as base64. */
  maxBodyBytes: 10_485_760,
  /** 26 MiB: a recording of 25 MB, which is what OpenAI takes, in its form. */
  maxUploadBytes: 27_262_976,
  /** 16 KiB, Node's own default. */
  maxHeaderBytes: 16_384,
  /** Tool schemas that people write nest 20 to 30 deep. */
  maxNesting: 128,
  /** 4,000 calls a second of 100 ms are 400 under way: more than 2,000 is a queue. */
  maxConcurrentRequests: 2_000,
  /** Half of all, so that one key cannot shut out the others. */
  maxRequestsPerKey: 1_000,
  /** About 10 KB each while idle. */
  maxConnections: 10_000,
  /** 256 MiB; with the strings parsed from them a quarter of a 2 GB container. */
  maxBufferedBodyBytes: 268_435_456,
  /** About 50 KB of memory each. */
  maxConcurrentStreams: 1_000,
  /** Half of all, so that one key cannot shut out the others. */
  maxStreamsPerKey: 500,
  /** A slow client must be refused within 5 s; the interval of the check comes on top. */
  headersTimeoutMs: 4_000,
  /** A body that pauses this long is not coming. */
  bodyIdleTimeoutMs: 4_000,
  /** 10 MB at 2 Mbit/s take 40 s, 26 MB at 4 Mbit/s take 52 s. */
  requestTimeoutMs: 60_000,
  /** The buffers of both kernels are full before ours counts: a client this late is hundreds of tokens behind. */
  slowConsumerMs: 4_000,
  /** Inside the 30 s that Kubernetes gives between SIGTERM and SIGKILL. */
  drainMs: 25_000,
} as const;

/** Messages between roles have at most 32 MiB (rpc/defaults.ts); 1 MiB is for what stands around a body. */
export const maxRemoteBodyBytes: number = 31 * 1024 * 1024;

/** As long as OpenAI keeps responses. */
export const defaultRetentionDays = 30;

/** One trace in ten: enough to see every route within minutes, a tenth of the cost. */
export const defaultSampleRatio = 0.1;

/** Editors and `kubectl` write a file in several steps: the last of them is waited for. */
export const defaultDebounceMs = 200;

/** How often the file is compared anyway: network file systems report no changes. */
export const defaultPollMs = 10_000;

/** No configuration comes near it; a log file given by mistake does not fill the memory. */
export const maxFileBytes: number = 1024 * 1024;

/** YAML aliases that may be expanded: far more than people write, far fewer than a bomb needs. */
export const maxAliases = 1_000;
