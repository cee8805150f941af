// What a gRPC client is given, and what it is: an Inference with a connection.

import type { Clock } from '../ports/clock.ts';
import type { Ids } from '../ports/ids.ts';
import type { Inference } from '../ports/inference.ts';
import type { Log } from '../telemetry/log.ts';

/** Certificates of the client, as PEM text. */
export interface InferenceClientTls {
  /** Authority of the server's certificate. Default: the authorities that Node.js trusts. */
  readonly ca?: string;
  /** Certificate and key for mTLS; both or neither. */
  readonly cert?: string;
  readonly key?: string;
  /** Name that the server's certificate must carry. Default: the host of the target. */
  readonly serverName?: string;
}

/** Bounds of the client; the defaults and their reasons are in defaults.ts. */
export interface InferenceClientLimits {
  /** Calls under way or waiting for the connection; one more is refused with `overloaded`. */
  readonly maxConcurrentCalls: number;
  /** Largest message either way, in bytes. */
  readonly maxMessageBytes: number;
  /** Parts of one stream held here before the far side must stop. */
  readonly creditWindow: number;
  /** How long a call waits for a connection that is being made. */
  readonly connectTimeoutMs: number;
}

/** What a client needs. */
export interface InferenceClientOptions {
  /** `grpc://host:port`, or `grpcs://host:port` for TLS. */
  readonly target: string;
  /** `multiplex`: one long-lived stream carries every call (our own roles). `unary`: one gRPC call each (any server). */
  readonly transport: 'multiplex' | 'unary';
  readonly tls?: InferenceClientTls;
  /** The secret that makes this client a peer; see PeerPolicy in rpc-server.ts. */
  readonly peerToken?: string;
  /** API key to send, for a server that does not know this client as a peer. */
  readonly apiKey?: string;
  readonly clock: Clock;
  /** Jitter of the reconnection backoff comes from `ids.random()`. */
  readonly ids: Ids;
  readonly log: Log;
  readonly limits?: Partial<InferenceClientLimits>;
}

/** An Inference at the other end of a network. Connects on first use and reconnects by itself. */
export interface InferenceClient extends Inference {
  /** Resolves once the server answers; keeps trying until `signal` aborts, then rejects with its reason. */
  ready(signal: AbortSignal): Promise<void>;
  /** Fails calls under way with `cancelled` and closes the connection. May be called twice. */
  close(): Promise<void>;
}
