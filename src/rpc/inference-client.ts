// The gRPC client: an Inference whose service is another process. Nobody can tell it from the service itself, except that it
// can fail with `inference_unavailable`.

import { createMultiplexClient } from './client/multiplex-client.ts';
import { parseTarget } from './client/target.ts';
import { createUnaryClient } from './client/unary-client.ts';
import { defaultClientLimits } from './defaults.ts';
import { redirectGrpcLog } from './grpc-log.ts';
import type { InferenceClient, InferenceClientOptions } from './inference-client-options.ts';

export type {
  InferenceClient,
  InferenceClientOptions,
  InferenceClientTls,
} from './inference-client-options.ts';

/** A client that has not connected yet. Throws `config_invalid` for a target that is not one. */
export function createInferenceClient(options: InferenceClientOptions): InferenceClient {
  redirectGrpcLog(options.log);
  const limits = { ...defaultClientLimits, ...options.limits };
  const target = parseTarget(options, limits.maxMessageBytes);
  return options.transport === 'multiplex'
    ? createMultiplexClient(options, limits, target)
    : createUnaryClient(options, limits, target);
}
