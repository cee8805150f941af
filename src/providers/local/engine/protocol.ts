// What the two sides of an engine say to each other: messages between the main thread and the model thread. Plain data only.

import type { ErrorReason } from '../../../core/error-catalogue.ts';
import type { TokenLogprob } from '../../../core/predict.ts';
import type { Tensor, TensorDescription } from '../../../core/tensor.ts';

/** A model that an engine can load. */
export type EngineModel =
  /** The built-in sentence encoder; converted into `cacheDir` on first use. */
  | { readonly kind: 'use-lite'; readonly name: string; readonly cacheDir: string }
  /** The built-in extractive answerer: the sentence encoder plus a tokenizer for its output. */
  | { readonly kind: 'extractive'; readonly name: string; readonly cacheDir: string; readonly tokenizerDir: string }
  /** The built-in ranking: the sentence encoder plus the words of the texts. */
  | { readonly kind: 'word-ranker'; readonly name: string; readonly cacheDir: string }
  /** The built-in classification into labels of the caller's: the sentence encoder plus the words of the labels. */
  | { readonly kind: 'zero-shot'; readonly name: string; readonly cacheDir: string }
  /** A causal language model in a directory of Hugging Face layout. */
  | { readonly kind: 'decoder'; readonly name: string; readonly dir: string }
  /** A text encoder in a directory of Hugging Face layout. */
  | { readonly kind: 'encoder'; readonly name: string; readonly dir: string; readonly pooling?: Pooling }
  /** A model that reads query and document together and gives one score, in a directory of Hugging Face layout. */
  | { readonly kind: 'cross-encoder'; readonly name: string; readonly dir: string }
  /** A sequence classifier in a directory of Hugging Face layout. It must have the labels of `needsLabels`. */
  | {
      readonly kind: 'classifier';
      readonly name: string;
      readonly dir: string;
      readonly needsLabels: readonly string[];
    }
  /** Any ONNX graph, as it is: tensors in, tensors out. */
  | { readonly kind: 'tensors'; readonly name: string; readonly dir: string };

/** How token vectors become one vector. */
export type Pooling = 'mean' | 'cls' | 'last';

/** What the model thread is started with. */
export interface EngineSetup {
  readonly models: readonly EngineModel[];
  readonly intraOpThreads: number;
}

/** What is known about a model once it is loaded. */
export interface ModelFacts {
  /** Tokens that fit into one call, prompt and answer together; absent for what reads no text. */
  readonly contextTokens?: number;
  readonly embeddingDimensions?: number;
  /** Absent for what takes no tensors. */
  readonly tensors?: TensorSignature;
}

/** The tensors of a graph. */
export interface TensorSignature {
  readonly inputs: readonly TensorDescription[];
  readonly outputs: readonly TensorDescription[];
}

/** One turn as the engine sees it: text only, everything else was refused before. */
export interface EngineMessage {
  readonly role: 'system' | 'user' | 'assistant' | 'tool';
  readonly text: string;
  /** What the answerer calls this turn when it quotes it. */
  readonly source: string;
}

/** A document that came with the request, outside the conversation. */
export interface EngineDocument {
  readonly source: string;
  readonly text: string;
}

/** What to generate. Absent sampling fields mean the model's own defaults. */
export interface GenerateRequest {
  /** Empty when `prompt` is given. */
  readonly messages: readonly EngineMessage[];
  /** Raw text to be continued, without any chat template. */
  readonly prompt?: string;
  readonly documents: readonly EngineDocument[];
  readonly maxOutputTokens?: number;
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
  /** Always set, so that the thread needs no randomness of its own. */
  readonly seed: number;
  readonly stop: readonly string[];
  readonly presencePenalty: number;
  readonly frequencyPenalty: number;
  /** How many alternatives to report per token; absent: no log probabilities at all. */
  readonly topLogprobs?: number;
}

/** A piece of the answer. The text is whole characters, never empty. */
export interface GeneratedPart {
  readonly text: string;
  readonly logprobs?: readonly TokenLogprob[];
}

/** How the answer ended. */
export interface GeneratedEnding {
  readonly finishReason: 'stop' | 'length';
  readonly stopSequence?: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** What was read of texts. */
export interface ReadTexts {
  /** Tokens that the model read. */
  readonly inputTokens: number;
  /** Positions of texts that were longer than the model reads. */
  readonly truncated: readonly number[];
}

/** Vectors in the order of the texts. */
export interface EmbedResult extends ReadTexts {
  readonly vectors: readonly Float32Array<ArrayBuffer>[];
}

/** How well each document fits, 0 to 1, in the order of the documents. */
export interface RankResult extends ReadTexts {
  readonly scores: readonly number[];
  /** True when the query was longer than the model reads. */
  readonly isQueryCut: boolean;
}

/** A score for each label, 0 to 1, for each text; in the order of the texts and of the labels. */
export interface ClassifyResult extends ReadTexts {
  readonly labels: readonly string[];
  readonly scores: readonly (readonly number[])[];
  /** True when a label of the caller's was longer than the model reads. */
  readonly areLabelsCut: boolean;
}

/** A failure as it crosses the threads; becomes a SluiceError again. */
export interface EngineFailure {
  readonly reason: ErrorReason;
  readonly message: string;
  readonly detail?: string;
  readonly param?: string;
}

/** A call with one answer. */
export type EngineQuestion =
  /** Loads the model, or finds it loaded. */
  | { readonly type: 'load' }
  | { readonly type: 'embed'; readonly texts: readonly string[] }
  | { readonly type: 'rank'; readonly query: string; readonly documents: readonly string[] }
  | {
      readonly type: 'classify';
      readonly texts: readonly string[];
      /** Absent: the labels of the model. */
      readonly labels?: readonly string[];
      /** `whole`: a text longer than the model reads is judged piece by piece, and the highest score of each label counts. */
      readonly reach: 'start' | 'whole';
    }
  /** How many tokens the prompt would take. */
  | { readonly type: 'count'; readonly request: GenerateRequest }
  /** `outputs` are the names that are wanted; empty: all. */
  | { readonly type: 'infer'; readonly inputs: readonly Tensor[]; readonly outputs: readonly string[] };

/** What each question is answered with. */
export interface EngineAnswers {
  readonly load: ModelFacts;
  readonly embed: EmbedResult;
  readonly rank: RankResult;
  readonly classify: ClassifyResult;
  readonly count: number;
  readonly infer: readonly Tensor[];
}

/** The answer to one of the questions. */
export type EngineAnswer = EngineAnswers[keyof EngineAnswers];

/** From the main thread. `call` numbers the calls of one engine. */
export type EngineCommand =
  | { readonly type: 'ask'; readonly call: number; readonly model: string; readonly question: EngineQuestion }
  | {
      readonly type: 'generate';
      readonly call: number;
      readonly model: string;
      readonly request: GenerateRequest;
      readonly credit: number;
    }
  /** The reader took this many parts: as many more may be made. */
  | { readonly type: 'credit'; readonly call: number; readonly parts: number }
  | { readonly type: 'cancel'; readonly call: number }
  /** Stop everything, free the models, end the thread. */
  | { readonly type: 'close' };

/** From the model thread. After `answered`, `generated` or `failed` a call is over. */
export type EngineReply =
  | { readonly type: 'answered'; readonly call: number; readonly answer: EngineAnswer }
  | { readonly type: 'part'; readonly call: number; readonly part: GeneratedPart }
  | { readonly type: 'generated'; readonly call: number; readonly ending: GeneratedEnding }
  | { readonly type: 'failed'; readonly call: number; readonly failure: EngineFailure };
