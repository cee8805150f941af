// The gRPC channel to one server: address, certificates, and how it behaves on a network.

import { ChannelCredentials, type ChannelOptions, Client } from '@grpc/grpc-js';
import { SluiceError } from '../../core/error.ts';
import { flowControlWindowBytes, keepalive, maxMessageBytes, reconnectBackoff } from './defaults.ts';

/** Certificates, as PEM text. */
export interface ClientTls {
  /** Who is trusted; absent: the roots that come with Node.js. */
  readonly ca?: string | undefined;
  /** Client certificate for mTLS, with its key. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** The name that the server's certificate must carry, where it differs from the host. */
  readonly serverName?: string | undefined;
}

/** Where a server is. */
export interface GrpcAddress {
  /** `host:port`. */
  readonly authority: string;
  readonly isSecure: boolean;
}

/** Host and port of `grpc://host:port` or `grpcs://host:port`; undefined for any other address. */
export function parseGrpcUrl(url: string): GrpcAddress | undefined {
  const [, scheme, authority] = /^(grpcs?):\/\/([^/?#@\s]+:\d{1,5})\/?$/.exec(url) ?? [];
  return authority === undefined ? undefined : { authority, isSecure: scheme === 'grpcs' };
}

/**
 * A channel that has not connected yet. Addresses of a name that has several (a headless service of Kubernetes) are used in
 * turn, and the name is asked for again whenever a connection is lost. Throws `config_invalid` for certificates that cannot be read.
 */
export function openChannel({ authority, isSecure }: GrpcAddress, tls: ClientTls | undefined): Client {
  const options: ChannelOptions = {
    'grpc.max_receive_message_length': maxMessageBytes,
    'grpc.max_send_message_length': maxMessageBytes,
    'grpc-node.flow_control_window': flowControlWindowBytes,
    'grpc.keepalive_time_ms': keepalive.idleMs,
    'grpc.keepalive_timeout_ms': keepalive.timeoutMs,
    'grpc.initial_reconnect_backoff_ms': reconnectBackoff.initialMs,
    'grpc.max_reconnect_backoff_ms': reconnectBackoff.maxMs,
    'grpc.service_config': '{"loadBalancingConfig":[{"round_robin":{}}]}',
    'grpc.service_config_disable_resolution': 1,
    // Whether to try again is decided above, for all targets.
    'grpc.enable_retries': 0,
    // An HTTP proxy from the environment is for the outside world, not for a neighbour.
    'grpc.enable_http_proxy': 0,
    'grpc.use_local_subchannel_pool': 1,
    ...(tls?.serverName === undefined ? {} : { 'grpc.ssl_target_name_override': tls.serverName }),
  };
  return new Client(authority, isSecure ? secure(tls) : ChannelCredentials.createInsecure(), options);
}

function secure(tls: ClientTls | undefined): ChannelCredentials {
  const pem = (text: string | undefined): Buffer | null => (text === undefined ? null : Buffer.from(text));
  try {
    return ChannelCredentials.createSsl(pem(tls?.ca), pem(tls?.key), pem(tls?.cert));
  } catch (cause) {
    const message =
      'The TLS certificates of an open-inference provider cannot be read: PEM text is expected, and a key for the certificate.';
    throw new SluiceError('config_invalid', { message, detail: String(cause), cause });
  }
}
