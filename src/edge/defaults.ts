// Policy constants of the HTTP edge, each with its reason. What an operator may change is in EdgeLimits.

/** The limits of an HTTP edge. Sizes are of the bytes on the wire. */
export interface EdgeLimits {
  /** Largest body of JSON; more is 413 and is not read. */
  readonly maxBodyBytes: number;
  /** The same of a body that its route takes as bytes: a form with a recording, tensors. */
  readonly maxUploadBytes: number;
  /** All bodies being held at one time; more is 503. Bounds memory where many large bodies meet. */
  readonly maxBufferedBodyBytes: number;
  /** Request line and headers together; more is 431. */
  readonly maxHeaderBytes: number;
  /** Deepest nesting of arrays and objects in a body; more is 400, found before anything is parsed. */
  readonly maxNesting: number;
  /** From the connection (or the end of the last request) to the end of the headers; more is 408 and a close. */
  readonly headersTimeoutMs: number;
  /** Longest pause between two pieces of a body; more is 408 and a close. */
  readonly bodyIdleTimeoutMs: number;
  /** From the first byte of a request to the last byte of its body; more is 408 and a close. */
  readonly requestTimeoutMs: number;
  /** How long an idle connection is kept for the next request. */
  readonly keepAliveTimeoutMs: number;
  /** How long a client may leave a full buffer unread before its answer is cut off (`slow_consumer`). */
  readonly slowConsumerTimeoutMs: number;
  /** Connections open at one time; more are closed at once. */
  readonly maxConnections: number;
  /** Calls under way, all keys together; more is 503. */
  readonly maxConcurrentRequests: number;
  /** Calls under way of one API key; more is 429. */
  readonly maxConcurrentRequestsPerKey: number;
  /** Open event streams, all keys together; more is 503. */
  readonly maxConcurrentStreams: number;
  /** Open event streams of one API key; more is 429. */
  readonly maxConcurrentStreamsPerKey: number;
}

/** The limits that hold when the configuration names none. */
export const defaultEdgeLimits: EdgeLimits = {
  // A 128k-token prompt is about 600 KB; the rest is room for pictures and sound as base64.
  maxBodyBytes: 10 * 1024 * 1024,
  // A recording of 25 MB, which is what OpenAI takes, in its form. An inference service takes messages of 32 MiB.
  maxUploadBytes: 26 * 1024 * 1024,
  // With the strings that are parsed from them, about a quarter of a 2 GB container.
  maxBufferedBodyBytes: 256 * 1024 * 1024,
  // Node's own default; a trace context, a baggage and a cookie fit with room to spare.
  maxHeaderBytes: 16 * 1024,
  // Tool schemas that people write nest 20 to 30 deep (each level of a JSON Schema costs two).
  maxNesting: 128,
  // Ours must answer within 5 s; the check interval comes on top.
  headersTimeoutMs: 4_000,
  bodyIdleTimeoutMs: 4_000,
  // 10 MB at 2 Mbit/s take 40 s, 26 MB at 4 Mbit/s take 52 s.
  requestTimeoutMs: 60_000,
  // Longer than the 60 s after which the usual load balancers drop an idle connection, so that they close first.
  keepAliveTimeoutMs: 72_000,
  // The kernel's buffers come before ours: a client that is this late is hundreds of tokens behind.
  slowConsumerTimeoutMs: 4_000,
  // Below the usual limit of open files (65,536) by a wide margin; each idle one costs about 10 KB.
  maxConnections: 10_000,
  // One process serves about 4,000 calls a second of 100 ms: 400 under way. More than this is a queue, not work.
  maxConcurrentRequests: 2_000,
  maxConcurrentRequestsPerKey: 1_000,
  // Open streams cost memory, not time: 50 KB each.
  maxConcurrentStreams: 1_000,
  maxConcurrentStreamsPerKey: 500,
};

/** How often Node looks for connections that break a timeout. With headersTimeoutMs this stays under 5 s. */
export const connectionCheckIntervalMs: number = 500;

/**
 * How long the status of a stream is held back for its first event. After it the headers and a comment are sent, so that
 * no proxy on the way takes the connection for dead; a failure from then on is an error event.
 */
export const holdStatusMs: number = 15_000;

/** Longest silence on an open stream before a keep-alive is sent: half of the 30 s that impatient proxies allow. */
export const keepAliveIntervalMs: number = 15_000;

/** Text of a stream that is handed to the socket at once: as much as one pass of the event loop may collect. */
export const maxStreamBufferChars: number = 16 * 1024;

/** Slice in which a long whole answer is written, so that each slice shows whether the client still reads. */
export const wholeAnswerSliceBytes: number = 64 * 1024;

/** A body that was not wanted is read to its end when it is at most this long, so that the connection can be kept. */
export const maxDiscardBytes: number = 64 * 1024;

/** How much more of a longer body is read and thrown away, so that the client sees our answer before the close. */
export const lingerBytes: number = 1024 * 1024;

/** How long that takes at most. nginx allows 5 s between reads; ours bounds the whole. */
export const lingerMs: number = 1_000;

/** Advice to a caller that was refused for load and was given no time: long enough for a short call to end. */
export const defaultRetryAfterMs: number = 1_000;

/** Longest model name, in every dialect, in a body or a path: long enough for any repository path; it is logged and becomes part of span names. */
export const maxModelNameLength: number = 512;

/** Longest time that a call may take where the composition names none: what OpenAI's own clients wait for. */
export const defaultCallTimeoutMs: number = 600_000;
