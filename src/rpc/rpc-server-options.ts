// What a gRPC server is given: the Inference it serves, who may call, and its bounds.

import type { Authenticator } from '../ports/authenticator.ts';
import type { Clock } from '../ports/clock.ts';
import type { Ids } from '../ports/ids.ts';
import type { Inference } from '../ports/inference.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';

/** Certificates of the server, as PEM text. */
export interface RpcServerTls {
  readonly cert: string;
  readonly key: string;
  /** When given, every client must present a certificate of this authority (mTLS). */
  readonly clientCa?: string;
}

/**
 * Who counts as one of our own roles. Only a peer may open the multiplexed stream and may say on whose behalf it calls
 * (tenant and key); anybody else is who their API key says. A caller is a peer when either proof holds.
 */
export interface PeerPolicy {
  /** A secret that peers send as `sluice-peer-token`; compared in constant time. */
  readonly token?: string;
  /** DNS names or URIs of which the verified client certificate must carry one (needs `tls.clientCa`). */
  readonly certificateNames?: readonly string[];
}

/** Bounds of the server; the defaults and their reasons are in defaults.ts. */
export interface RpcServerLimits {
  /** Calls under way over all connections and both forms; one more is refused with `overloaded`. */
  readonly maxConcurrentCalls: number;
  /** HTTP/2 streams per connection; a client library queues what exceeds it. */
  readonly maxConcurrentStreamsPerConnection: number;
  /** Largest message either way, in bytes. */
  readonly maxMessageBytes: number;
  /** Parts that may be under way to one multiplexed call before its reader grants more. */
  readonly maxCredit: number;
}

/** What a server needs. */
export interface RpcServerOptions {
  readonly inference: Inference;
  /** Checks API keys (`authorization: Bearer …`). Without one, a presented key is always refused. */
  readonly authenticator?: Authenticator;
  /** False: a call without a key is made as tenant `local`. */
  readonly requireApiKey: boolean;
  /** Absent: when `requireApiKey` is false every caller is a peer, else nobody is. */
  readonly peers?: PeerPolicy;
  /** Absent: plain text, for loopback and meshes that encrypt. */
  readonly tls?: RpcServerTls;
  /** The system's clock: gRPC deadlines are moments of real time. */
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly limits?: Partial<RpcServerLimits>;
  /** For a call that brings no deadline. Default: defaults.ts. */
  readonly defaultTimeoutMs?: number;
  /** The version of the product, for the metadata of the Open Inference Protocol. Default ''. */
  readonly version?: string;
}
