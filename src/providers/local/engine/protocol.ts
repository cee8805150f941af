// What the two sides of an engine say to each other: messages between the main thread and the model thread. Plain data only.

import type { ErrorReason } from '../../../core/error-catalogue.ts';
import type { TokenLogprob } from '../../../core/predict.ts';

/** A model that an engine can load. */
export type EngineModel =
  /** The built-in sentence encoder; converted into `cacheDir` on first use. */
  | { readonly kind: 'use-lite'; readonly name: string; readonly cacheDir: string }
  /** The built-in extractive answerer: the sentence encoder plus a tokenizer for its output. */
  | { readonly kind: 'extractive'; readonly name: string; readonly cacheDir: string; readonly tokenizerDir: string }
  /** A causal language model in a directory of Hugging Face layout. */
  | { readonly kind: 'decoder'; readonly name: string; readonly dir: string }
  /** A text encoder in a directory of Hugging Face layout. */
  | { readonly kind: 'encoder'; readonly name: string; readonly dir: string; readonly pooling?: Pooling };

/** How token vectors become one vector. */
export type Pooling = 'mean' | 'cls' | 'last';

/** What the model thread is started with. */
export interface EngineSetup {
  readonly models: readonly EngineModel[];
  readonly intraOpThreads: number;
}

/** What is known about a model once it is loaded. */
export interface ModelFacts {
  /** Tokens that fit into one call, prompt and answer together. */
  readonly contextTokens: number;
  readonly embeddingDimensions?: number;
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
  readonly messages: readonly EngineMessage[];
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

/** Vectors in the order of the texts. */
export interface EmbedResult {
  readonly vectors: readonly Float32Array<ArrayBuffer>[];
  /** Tokens that the model read. */
  readonly inputTokens: number;
  /** Positions of texts that were longer than the model reads. */
  readonly truncated: readonly number[];
}

/** A failure as it crosses the threads; becomes a SluiceError again. */
export interface EngineFailure {
  readonly reason: ErrorReason;
  readonly message: string;
  readonly detail?: string;
  readonly param?: string;
}

/** From the main thread. `call` numbers the calls of one engine. */
export type EngineCommand =
  | { readonly type: 'load'; readonly call: number; readonly model: string }
  | { readonly type: 'embed'; readonly call: number; readonly model: string; readonly texts: readonly string[] }
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

/** From the model thread. After `loaded`, `embedded`, `generated` or `failed` a call is over. */
export type EngineReply =
  | { readonly type: 'loaded'; readonly call: number; readonly facts: ModelFacts }
  | { readonly type: 'embedded'; readonly call: number; readonly result: EmbedResult }
  | { readonly type: 'part'; readonly call: number; readonly part: GeneratedPart }
  | { readonly type: 'generated'; readonly call: number; readonly ending: GeneratedEnding }
  | { readonly type: 'failed'; readonly call: number; readonly failure: EngineFailure };
