// Port Inference: the synchronous product as every caller sees it. The edge, the worker and gRPC servers hold one; it is
// either the service itself or a gRPC client of it, and nobody can tell which.

import type { CallContext } from '../core/call-context.ts';
import type { ClassifyRequest, ClassifyResponse, ModerateRequest, ModerateResponse } from '../core/classify.ts';
import type { TokenCount } from '../core/count-tokens.ts';
import type { EmbedRequest, EmbedResponse } from '../core/embed.ts';
import type { ModelDescription } from '../core/model-description.ts';
import type { PredictPart, PredictRequest, PredictResponse } from '../core/predict.ts';
import type { RankRequest, RankResponse } from '../core/rank.ts';
import type { InferRequest, InferResponse, TensorMetadata, TensorMetadataRequest } from '../core/tensor.ts';
import type { TranscribeRequest, TranscribeResponse } from '../core/transcribe.ts';

/**
 * Runs models. Every method rejects with a SluiceError. When `signal` aborts, the model call is stopped and the
 * method rejects with the signal's reason; it also rejects with `deadline_exceeded` once `context.deadlineAtMs` has passed.
 */
export interface Inference {
  /** One whole answer. */
  predict(request: PredictRequest, context: CallContext, signal: AbortSignal): Promise<PredictResponse>;

  /**
   * The answer as it is made. Nothing is sent upstream before the first `next()`; each `next()` is one part, so a reader
   * that stops reading slows the model down. Calling `return()` on the iterator stops the model call.
   */
  predictStream(request: PredictRequest, context: CallContext, signal: AbortSignal): AsyncIterable<PredictPart>;

  /** One vector for each input. */
  embed(request: EmbedRequest, context: CallContext, signal: AbortSignal): Promise<EmbedResponse>;

  /** Documents by falling score. */
  rank(request: RankRequest, context: CallContext, signal: AbortSignal): Promise<RankResponse>;

  /** Labels for each input. */
  classify(request: ClassifyRequest, context: CallContext, signal: AbortSignal): Promise<ClassifyResponse>;

  /** A verdict for each input. */
  moderate(request: ModerateRequest, context: CallContext, signal: AbortSignal): Promise<ModerateResponse>;

  /** The transcript of a recording. */
  transcribe(request: TranscribeRequest, context: CallContext, signal: AbortSignal): Promise<TranscribeResponse>;

  /** Input tokens that `request` would take: the vendor's count, or an estimate (see `source`) where it cannot be asked. */
  countTokens(request: PredictRequest, context: CallContext, signal: AbortSignal): Promise<TokenCount>;

  /** Tensors in, tensors out. */
  infer(request: InferRequest, context: CallContext, signal: AbortSignal): Promise<InferResponse>;

  /** The tensors that a model takes and gives. */
  tensorMetadata(request: TensorMetadataRequest, context: CallContext, signal: AbortSignal): Promise<TensorMetadata>;

  /** Every model that the caller can name, aliases first. */
  listModels(context: CallContext, signal: AbortSignal): Promise<readonly ModelDescription[]>;
}
