// Port ModelProvider: one vendor, server or engine that runs models. One folder in providers/ implements it for each kind.

import type { CallContext } from '../core/call-context.ts';
import type { ClassifyRequest, ClassifyResponse, ModerateRequest, ModerateResponse } from '../core/classify.ts';
import type { TokenCount } from '../core/count-tokens.ts';
import type { EmbedRequest, EmbedResponse } from '../core/embed.ts';
import type { ModelDescription } from '../core/model-description.ts';
import type { PredictPart, PredictRequest, PredictResponse } from '../core/predict.ts';
import type { RankRequest, RankResponse } from '../core/rank.ts';
import type { InferRequest, InferResponse, TensorMetadata, TensorMetadataRequest } from '../core/tensor.ts';
import type { TranscribeRequest, TranscribeResponse } from '../core/transcribe.ts';

/** Time limits of one attempt at one target, each in milliseconds. */
export interface AttemptTimeouts {
  /** Until a connection is open. */
  readonly connectMs: number;
  /** From the request until the first part of the answer (the whole answer when it is not streamed: totalMs applies). */
  readonly firstTokenMs: number;
  /** Between two parts of a stream. */
  readonly idleMs: number;
  /** For the whole attempt. */
  readonly totalMs: number;
}

/** One call at one target. */
export interface ModelCall {
  /** The model's name at the provider, without the `provider/` prefix. */
  readonly model: string;
  readonly context: CallContext;
  readonly timeouts: AttemptTimeouts;
  /** Aborts the call: the provider must stop the work upstream. */
  readonly signal: AbortSignal;
}

/** Goes on with an answer from behind a text that is given, as if the model had written that text itself. */
export interface Continuation {
  /**
   * Whether the model goes on with its answer to this request instead of beginning anew. Told without asking a network. Only where
   * the vendor documents it: a model that repeats or comments on the text would make a false answer.
   */
  canContinue(request: PredictRequest, model: string): boolean;

  /** True where the vendor may repeat the given text at the beginning of its answer; whoever asks takes it away. */
  readonly mayEcho: boolean;

  /** What comes behind `said`, which is not empty and does not end in white space, as `predictStream`. */
  continueStream(request: PredictRequest, said: string, call: ModelCall): AsyncIterable<PredictPart>;
}

/**
 * Runs models. Every method rejects with a SluiceError whose reason was chosen where the status was known. A provider makes
 * exactly one attempt: retries and fallback are decided above. Answers carry `attempts: 1` and `target: name/model`.
 */
export interface ModelProvider {
  /** The provider's name in the configuration. */
  readonly name: string;

  /**
   * Models that are known without asking a network, with full descriptions. A provider that passes any name on lists none.
   */
  models(): readonly ModelDescription[];

  /** One whole answer. */
  predict(request: PredictRequest, call: ModelCall): Promise<PredictResponse>;

  /** The answer as it is made: one `start`, deltas, one `end` (see PredictPart). Pulls upstream only as it is read. */
  predictStream(request: PredictRequest, call: ModelCall): AsyncIterable<PredictPart>;

  /** How answers go on that another target began. Absent: no model of the provider can. */
  readonly continuation?: Continuation;

  /** One vector for each input. */
  embed(request: EmbedRequest, call: ModelCall): Promise<EmbedResponse>;

  /** Documents by falling score. Absent, like each of the following: the provider has no such models. */
  rank?(request: RankRequest, call: ModelCall): Promise<RankResponse>;

  /** Labels for each input. */
  classify?(request: ClassifyRequest, call: ModelCall): Promise<ClassifyResponse>;

  /** A verdict for each input. */
  moderate?(request: ModerateRequest, call: ModelCall): Promise<ModerateResponse>;

  /** The transcript of a recording. */
  transcribe?(request: TranscribeRequest, call: ModelCall): Promise<TranscribeResponse>;

  /** How many input tokens the request would take. Where a provider cannot be asked, the service estimates. */
  countTokens?(request: PredictRequest, call: ModelCall): Promise<TokenCount>;

  /** Tensors in, tensors out. */
  infer?(request: InferRequest, call: ModelCall): Promise<InferResponse>;

  /** The tensors of a model; for models that `infer` serves. */
  tensorMetadata?(request: TensorMetadataRequest, call: ModelCall): Promise<TensorMetadata>;

  /** Resolves when the provider can serve at full speed: models loaded, tokens fetched. Rejects when it never will. */
  ready(signal: AbortSignal): Promise<void>;

  /** Ends connections and threads. Calls under way fail with `draining`. */
  close(): Promise<void>;
}
