// The protocol over gRPC.

import { GRPCInferenceServiceService as service } from '../../open-inference/generated/inference/open_inference.ts';
import { inferFromWire, metadataFromWire } from './from-wire.ts';
import { createGrpcCaller, type GrpcCallerOptions } from './grpc-caller.ts';
import type { TensorTransport } from './tensor-transport.ts';
import { inferToWire } from './to-wire.ts';

/** A transport that has not connected yet. */
export function createGrpcTransport(options: GrpcCallerOptions): TensorTransport {
  const caller = createGrpcCaller(options);
  const targetOf = (model: string): string => `${options.name}/${model}`;
  return {
    async infer(request, call) {
      const { model } = call;
      const answer = await caller.call(service.modelInfer, inferToWire(request, model), call);
      return inferFromWire(answer, request, model, targetOf(model));
    },
    async metadata({ version }, call) {
      const { model } = call;
      const answer = await caller.call(service.modelMetadata, { name: model, version }, call);
      return metadataFromWire(answer, model, targetOf(model));
    },
    ready: () => caller.ready(),
    close: async () => caller.close(),
  };
}
