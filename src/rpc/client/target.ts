// Where a client connects to: the target's URL and the certificates, as grpc-js wants them.

import { ChannelCredentials, type ChannelOptions, Client, Metadata } from '@grpc/grpc-js';
import { SluiceError } from '../../core/error.ts';
import type { InferenceClientOptions } from '../inference-client-options.ts';
import { metadataKeys } from '../metadata-keys.ts';

/** Opens channels to one target. */
export interface Target {
  /** `host:port`, for logs. */
  readonly address: string;
  /**
   * A channel with a connection of its own, not yet connected. Whoever opens it closes it. `windowBytes` is how much of each
   * gRPC stream may be on its way to us unread; default: that of HTTP/2, 64 KB.
   */
  openChannel(windowBytes?: number): Client;
  /** Fresh metadata with the credentials of this client. */
  credentials(): Metadata;
}

/** Throws `config_invalid` for a target that is not `grpc://host:port` or `grpcs://host:port`. */
export function parseTarget(options: InferenceClientOptions, maxMessageBytes: number): Target {
  const { target, tls, peerToken, apiKey } = options;
  const [, scheme, address] = /^(grpcs?):\/\/([^/?#@\s]+:\d{1,5})\/?$/.exec(target) ?? [];
  if (scheme === undefined || address === undefined) {
    throw new SluiceError('config_invalid', {
      message: `${target} is not a gRPC target: use grpc://HOST:PORT, or grpcs://HOST:PORT for TLS.`,
    });
  }
  const channelCredentials = scheme === 'grpcs' ? secure(tls) : ChannelCredentials.createInsecure();
  const channelOptions: ChannelOptions = {
    'grpc.max_receive_message_length': maxMessageBytes,
    'grpc.max_send_message_length': maxMessageBytes,
    // One pool for all channels would hand a new channel the connection of the broken one, and its back-off.
    'grpc.use_local_subchannel_pool': 1,
    // A call that was started twice would be charged twice: whether to try again is decided above.
    'grpc.enable_retries': 0,
    // An HTTP proxy from the environment is for the outside world, not for a neighbour.
    'grpc.enable_http_proxy': 0,
    ...(tls?.serverName === undefined ? {} : { 'grpc.ssl_target_name_override': tls.serverName }),
  };
  return {
    address,
    openChannel(windowBytes) {
      const window = windowBytes === undefined ? {} : { 'grpc-node.flow_control_window': windowBytes };
      return new Client(address, channelCredentials, { ...channelOptions, ...window });
    },
    credentials() {
      const metadata = new Metadata();
      if (peerToken !== undefined) metadata.set(metadataKeys.peerToken, peerToken);
      if (apiKey !== undefined) metadata.set('authorization', `Bearer ${apiKey}`);
      return metadata;
    },
  };
}

function secure(tls: InferenceClientOptions['tls']): ChannelCredentials {
  const pem = (text: string | undefined): Buffer | null => (text === undefined ? null : Buffer.from(text));
  try {
    return ChannelCredentials.createSsl(pem(tls?.ca), pem(tls?.key), pem(tls?.cert));
  } catch (cause) {
    throw new SluiceError('config_invalid', {
      message:
        'The TLS certificates of the inference client cannot be read: PEM text is expected, and a key for the certificate.',
      detail: String(cause),
      cause,
    });
  }
}
