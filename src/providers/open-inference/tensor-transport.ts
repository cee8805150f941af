// How tensor calls reach the server: over gRPC or over REST. The rest of the provider does not know which.

import type { InferRequest, InferResponse, TensorMetadata, TensorMetadataRequest } from '../../core/tensor.ts';
import type { ModelCall } from '../../ports/model.ts';

/** The protocol's calls, in our types. `call.model` is the model's name at the server. */
export interface TensorTransport {
  infer(request: InferRequest, call: ModelCall): Promise<InferResponse>;
  metadata(request: TensorMetadataRequest, call: ModelCall): Promise<TensorMetadata>;
  /** Resolves when credentials and certificates have been read. */
  ready(): Promise<void>;
  close(): Promise<void>;
}
