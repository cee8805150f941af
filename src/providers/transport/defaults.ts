// Policy constants of what carries calls to vendors, each with its reason.

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

/** Sent as `user-agent`: names the product and nothing about the machine. */
export const userAgent: string = 'sluice';
