// inference.GRPCInferenceService: the Open Inference Protocol in front of the port Inference, for clients that know model servers
// (KServe, Triton, MLServer) and not Sluice. A model is an alias or `provider/model` whose provider takes tensors.

import type { Metadata } from '@grpc/grpc-js';
import type { Downgraded } from '../../core/downgraded.ts';
import { downgradedHeader } from '../../core/downgraded-header.ts';
import { type SluiceError, toSluiceError } from '../../core/error.ts';
import { headerSafe } from '../../core/header-safe.ts';
import type { GRPCInferenceServiceServer } from '../../open-inference/generated/inference/open_inference.ts';
import type { Inference } from '../../ports/inference.ts';
import {
  inferRequestFromOpenInference,
  inferResponseToOpenInference,
  metadataToOpenInference,
} from '../codec/open-inference.ts';
import { errorToStatus } from '../error-codec.ts';
import { requireModel } from '../required-fields.ts';
import type { CallServices } from './begin-call.ts';
import { unaryHandler } from './unary-call.ts';

/** What the service needs. */
export interface OpenInferenceServiceOptions extends CallServices {
  readonly inference: Inference;
  /** What ServerReady says. */
  readonly isReady: () => boolean;
  /** The version of this server, for its metadata. */
  readonly version: string;
}

/**
 * The six methods, for `grpc.Server.addService`. ServerLive and ServerReady are open to anybody, as health checks are; the others
 * want what the sluice service wants. Who answered, and what of the request was not honoured, is told in the trailing metadata.
 */
export function createOpenInferenceService(options: OpenInferenceServiceOptions): GRPCInferenceServiceServer {
  const { inference, isReady, version, callers } = options;
  return {
    serverLive: (_call, callback) => callback(null, { live: true }),
    serverReady: (_call, callback) => callback(null, { ready: isReady() }),
    async serverMetadata(call, callback) {
      try {
        await callers.contextOf(call, callers.requestId(call));
        callback(null, { name: 'sluice', version, extensions: [] });
      } catch (thrown) {
        callback(errorToStatus(toSluiceError(thrown)));
      }
    },
    modelReady: unaryHandler(options, 'tensorMetadata', async ({ name, version: wanted }, context, signal) => {
      requireModel({ model: name });
      if (!isReady()) return { ready: false };
      try {
        await inference.tensorMetadata({ model: name, version: wanted }, context, signal);
        return { ready: true };
      } catch (thrown) {
        if (!isUnready(toSluiceError(thrown))) throw thrown;
        return { ready: false };
      }
    }),
    modelMetadata: unaryHandler(options, 'tensorMetadata', async (request, context, signal, trailers) => {
      const { name, version: wanted } = request;
      requireModel({ model: name });
      const metadata = await inference.tensorMetadata({ model: name, version: wanted }, context, signal);
      tellAnswerer(trailers, metadata);
      return metadataToOpenInference(metadata, name);
    }),
    modelInfer: unaryHandler(options, 'infer', async (request, context, signal, trailers) => {
      const call = inferRequestFromOpenInference(request);
      const response = await inference.infer(call.request, context, signal);
      tellAnswerer(trailers, response);
      return inferResponseToOpenInference(response, call);
    }),
  };
}

/** Failures that mean "not now" or "not this model" rather than "not you": Triton answers them with `ready: false`, not an error. */
function isUnready({ reason, retryable }: SluiceError): boolean {
  return retryable || reason === 'model_not_found' || reason === 'unsupported_capability';
}

interface Answer extends Downgraded {
  readonly target: string;
  readonly attempts: number;
}

/** The same names as in the headers over HTTP. */
function tellAnswerer(trailers: Metadata, { target, attempts, downgrades }: Answer): void {
  trailers.set('x-sluice-model', headerSafe(target));
  trailers.set('x-sluice-attempts', String(attempts));
  if (downgrades !== undefined) trailers.set('x-sluice-downgraded', downgradedHeader(downgrades));
}
