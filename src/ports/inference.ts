// Port Inference: the synchronous product as every caller sees it. The edge, the worker and gRPC servers hold one; it is
// either the service itself or a gRPC client of it, and nobody can tell which.

import type { CallContext } from '../core/call-context.ts';
import type { EmbedRequest, EmbedResponse } from '../core/embed.ts';
import type { ModelDescription } from '../core/model-description.ts';
import type { PredictPart, PredictRequest, PredictResponse } from '../core/predict.ts';

/**
 * Predicts and embeds. Every method rejects with a SluiceError. When `signal` aborts, the model call is stopped and the
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

  /** Every model that the caller can name, aliases first. */
  listModels(context: CallContext, signal: AbortSignal): Promise<readonly ModelDescription[]>;
}
