// Policy constants of the Open Inference provider, each with its reason.

/** Largest message and body either way: 20,000 embeddings of 768 floats. Triton itself takes up to 2 GB. */
export const maxMessageBytes: number = 64 * 1024 * 1024;

/** Calls under way at once when the configuration says nothing: twice the 200 streams that one process is built for. */
export const defaultConcurrency: number = 512;

/** Calls that may wait for their turn. Beyond it a call fails at once with `overloaded`: waiting longer would not help it. */
export const maxWaitingCalls: number = 1024;

/**
 * Silence within a call after which the server is asked for a sign of life, and how long it has for it. gRPC servers of C++
 * count a ping that comes within five minutes of the last as a strike, unless they sent something in between, and close the
 * connection at the third: a call of two minutes never gets so far.
 */
export const keepalive: { readonly idleMs: number; readonly timeoutMs: number } = {
  idleMs: 60_000,
  timeoutMs: 10_000,
};

/** Pause before a reconnection: from the first to the longest. A restarted server is found again within seconds. */
export const reconnectBackoff: { readonly initialMs: number; readonly maxMs: number } = {
  initialMs: 100,
  maxMs: 5_000,
};

/** HTTP/2 window of the connection: in 64 KB (the default) a large tensor would wait for a round trip after each piece. */
export const flowControlWindowBytes: number = 4 * 2 ** 20;
