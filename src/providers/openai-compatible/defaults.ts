// Policy constants of the OpenAI-compatible provider, each with its reason.

/** Bounds of one provider. */
export interface ProviderLimits {
  /** Sockets to the provider; each carries one call at a time. */
  readonly connections: number;
  /** Longest line, and longest event, of a streamed answer. */
  readonly maxLineBytes: number;
  /** Longest answer that is not streamed. */
  readonly maxBodyBytes: number;
  /** Parts of a stream that may wait for the reader before the socket is paused. */
  readonly maxBufferedParts: number;
}

/**
 * 512 sockets: twice the 200 concurrent streams that one process is built for, and far below the usual 1,024 file limit.
 * 1 MiB a line: a delta is a few hundred bytes; tool arguments sent at once and base64 audio are the large ones.
 * 64 MiB a body: 2,048 embeddings of 3,072 dimensions in base64 are 34 MiB.
 * 256 parts: about two seconds of a fast model; more waiting only means that the reader is slower than the model.
 */
export const defaultLimits: ProviderLimits = {
  connections: 512,
  maxLineBytes: 1024 * 1024,
  maxBodyBytes: 64 * 1024 * 1024,
  maxBufferedParts: 256,
};

/** Calls that may wait for a socket. Beyond it a call fails at once with `overloaded`: waiting longer would not help it. */
export const maxWaitingCalls: number = 1024;

/** How much of an error body is read. Vendors' errors are below 4 kB; error pages of proxies may be larger and say nothing. */
export const maxErrorBodyBytes: number = 64 * 1024;

/** Upper bound of one connection attempt, whatever its callers wait: a socket that opens later serves the next call. */
export const connectAttemptMs: number = 10_000;

/**
 * How long an unused socket is kept: shorter than the 5 s after which uvicorn (vLLM, many Python servers) and node:http
 * close it, so that a request seldom meets a socket that is being closed. A server's Keep-Alive header overrules it.
 */
export const keepAliveMs: number = 4_000;

/**
 * How old a socket may become before it is replaced, once it is free: DNS answers of vendors and of Kubernetes services last 30
 * to 300 seconds, so an address that is gone is left within minutes. A TLS handshake every five minutes costs nothing.
 */
export const maxConnectionAgeMs: number = 5 * 60 * 1000;

/** How long a finished stream may take to close its HTTP body after `[DONE]` before its socket is dropped. */
export const drainMs: number = 1_000;

/** Longest message of a vendor that is shown or logged. */
export const maxMessageChars: number = 500;

/** A Retry-After beyond a day is a mistake or a ban; callers are told a day. */
export const maxRetryAfterMs: number = 24 * 60 * 60 * 1000;

/** UTF-16 units of an answer that are kept until it is known whether the vendor reports usage: 65,000 tokens of prose. */
export const maxKeptOutput: number = 256 * 1024;

/** Tool calls of one answer: far above what models ask for, and a bound for what is remembered of a stream. */
export const maxToolCalls: number = 1024;

/** Pieces of one answer's content, where it is a list: far above what vendors send, and a bound for what one body makes of us. */
export const maxContentPieces: number = 4096;

/** Models of one provider of which it is remembered how their streams end: callers choose the names. */
export const maxKnownHabits: number = 1024;

/** Arguments that may come before a call's name, in UTF-16 units. Servers send the name first; this is only a bound. */
export const maxEarlyArguments: number = 1024 * 1024;

/** Input of one call of a custom tool, which is put together before it is passed on, in UTF-16 units: four large source files. */
export const maxCustomInput: number = 4 * 1024 * 1024;

/** Fields without a name here that are kept of one answer: more are a mistake, and a stream must not grow without bound. */
export const maxExtraFields: number = 64;

/**
 * Anthropic's thinking budgets in OpenAI's words, by the largest budget of each: about the tokens that its reasoning models
 * spend at that effort.
 */
export const effortBudgets: readonly { readonly upToTokens: number; readonly effort: string }[] = [
  { upToTokens: 4096, effort: 'low' },
  { upToTokens: 16_384, effort: 'medium' },
  { upToTokens: Number.POSITIVE_INFINITY, effort: 'high' },
];

/** Sent as `user-agent`: names the product and nothing about the machine. */
export const userAgent: string = 'sluice';
