// Policy constants of the gRPC layer, each with its reason.

import type { InferenceClientLimits } from './inference-client-options.ts';
import type { RpcServerLimits } from './rpc-server-options.ts';

/** Bounds of a server that sets none. */
export const defaultServerLimits: RpcServerLimits = {
  // A call under way holds a few KB; this many fit beside the models in a 512 MB container.
  maxConcurrentCalls: 4096,
  // What gRPC servers of other languages allow at least; more would let one connection starve the rest.
  maxConcurrentStreamsPerConnection: 1024,
  // Vendors take requests of 20 to 32 MB (images in base 64).
  maxMessageBytes: 32 * 2 ** 20,
  // Bounds what a reader that stops leaves in our memory, and is far above what one turn of the loop produces.
  maxCredit: 256,
};

/** Bounds of a client that sets none. */
export const defaultClientLimits: InferenceClientLimits = {
  maxConcurrentCalls: 4096,
  maxMessageBytes: 32 * 2 ** 20,
  // A second of a fast model. Half of it is granted at a time, so a grant costs 1/16 frame a part.
  creditWindow: 32,
  // Longer than a TLS handshake across regions, shorter than any deadline of a person waiting.
  connectTimeoutMs: 5_000,
};

/** Deadline of a call that brings none: the longest that a model is expected to write. */
export const defaultTimeoutMs: number = 120_000;

/** Longest deadline that is believed; also keeps timers inside the 31 bits that Node.js counts in. */
export const maxTimeoutMs: number = 24 * 60 * 60 * 1000;

/** Pause before reconnection n: between half of and the whole of min(max, initial * 2^n), at random so that peers spread. */
export const reconnectBackoff: { readonly initialMs: number; readonly maxMs: number } = {
  initialMs: 50,
  // A restarted server is found again within seconds.
  maxMs: 3_000,
};

/** Silence after which a client asks for a sign of life, and how long it waits for one: half-open connections end in 15 s. */
export const keepalive: { readonly idleMs: number; readonly timeoutMs: number } = { idleMs: 10_000, timeoutMs: 5_000 };

/** Messages are closed at this size, so that a long batch does not hold the first part of another call back. */
export const maxBatchBytes: number = 64 * 1024;

/** HTTP/2 window of a multiplexed stream: in 64 KB (the default) one long answer would stall all calls for a round trip. */
export const flowControlWindowBytes: number = 4 * 2 ** 20;

/** Nesting of JSON fields; deeper values are refused. Twice what any tool schema seen needs. */
export const maxJsonDepth: number = 128;

/** Tool results inside tool results; no vendor allows even one level. */
export const maxContentDepth: number = 8;

/** Longest id taken over from a caller; it is written into every log line. */
export const maxRequestIdLength: number = 128;

/** How long a closing server lets the last statuses leave before it destroys the sockets. */
export const closeGraceMs: number = 250;

/** Pause between two questions to a server that is not ready yet: short beside the seconds that loading a model takes. */
export const probeIntervalMs: number = 200;
