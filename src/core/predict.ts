// The request, the response and the stream of the main job: predict the next turn of a conversation.

import type { Downgraded } from './downgraded.ts';
import type { JsonObject, JsonValue } from './json.ts';
import type { ContentPart, Dialect, Message } from './message.ts';
import type { Usage } from './usage.ts';

/** What a caller asks a generative model for. Plain data: it crosses process boundaries unchanged. */
export type PredictRequest = PredictOptions & Question;

/** What the model is to go on from: a conversation, or a raw text. */
export type Question =
  | { readonly messages: readonly Message[]; readonly prompt?: never }
  | {
      readonly messages: readonly never[];
      /** Text to be continued, without any chat template (OpenAI's legacy completions). */
      readonly prompt: string;
    };

interface PredictOptions {
  /** A model alias of the configuration, or `provider/model`. */
  readonly model: string;
  readonly sampling: Sampling;
  readonly tools?: readonly Tool[];
  readonly toolChoice?: ToolChoice;
  /** False forbids several tool calls in one turn. Absent: the vendor's default. */
  readonly parallelToolCalls?: boolean;
  readonly responseFormat?: ResponseFormat;
  /** How much the model should reason: the vendor's own word, such as `low`. */
  readonly reasoningEffort?: string;
  /** The dialect in which `extra` is to be read. */
  readonly dialect: Dialect;
  /** Top-level fields that Sluice has no name for, as they came; sent to the target under their own names. */
  readonly extra?: JsonObject;
}

/** How tokens are chosen. Absent fields mean the vendor's default. */
export interface Sampling {
  readonly maxOutputTokens?: number;
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly seed?: number;
  readonly stop?: readonly string[];
  readonly presencePenalty?: number;
  readonly frequencyPenalty?: number;
  /** True asks for the log probability of each output token. */
  readonly logprobs?: boolean;
  /** How many alternatives to report per token, 0 to 20. */
  readonly topLogprobs?: number;
  /** How many answers to give, 1 to `maxChoices` (defaults.ts). Absent: one. */
  readonly choiceCount?: number;
}

/** A function that the model may call, or a tool that the vendor runs itself (`kind: 'vendor'`, passed through). */
export type Tool =
  | {
      readonly kind: 'function';
      readonly name: string;
      readonly description?: string;
      /** JSON Schema of the arguments. */
      readonly parameters?: JsonObject;
      readonly strict?: boolean;
      readonly extra?: JsonObject;
    }
  | { readonly kind: 'vendor'; readonly dialect: Dialect; readonly value: JsonObject };

/** Which tool the model must use. */
export type ToolChoice =
  | { readonly kind: 'auto' }
  | { readonly kind: 'none' }
  | { readonly kind: 'required' }
  | { readonly kind: 'function'; readonly name: string }
  | { readonly kind: 'vendor'; readonly dialect: Dialect; readonly value: JsonObject };

/** What the text of the answer must be. */
export type ResponseFormat =
  | ({ readonly kind: 'text' } & FormatExtra)
  | ({ readonly kind: 'json-object' } & FormatExtra)
  | ({
      readonly kind: 'json-schema';
      readonly name: string;
      readonly schema: JsonObject;
      readonly description?: string;
      readonly strict?: boolean;
    } & FormatExtra);

/** Fields of a format that Sluice has no name for, as they stood in it; of chat completions those of the inner object under `json_schema`. */
interface FormatExtra {
  readonly extra?: JsonObject;
}

/** Why the model stopped. `other` keeps the vendor's word in `rawFinishReason`. */
export type FinishReason = 'stop' | 'length' | 'tool-calls' | 'content-filter' | 'other';

/** The log probability of one output token, with alternatives. `bytes` is the token's UTF-8. */
export interface TokenLogprob {
  readonly token: string;
  readonly logprob: number;
  readonly bytes?: readonly number[];
  readonly top: readonly { readonly token: string; readonly logprob: number; readonly bytes?: readonly number[] }[];
}

/** Who answered: part of the first stream part and of every response. */
export interface Answerer extends Downgraded {
  /** The vendor's id of the answer, or one of ours. */
  readonly id: string;
  /** The model's own name as the vendor reports it. */
  readonly model: string;
  /** `provider/model` of the configuration that answered. */
  readonly target: string;
  /** Unix time in milliseconds. */
  readonly createdAtMs: number;
  /** How many attempts were made, this one included. */
  readonly attempts: number;
}

/** How one choice ended. */
export interface ChoiceEnding {
  readonly finishReason: FinishReason;
  /** The vendor's own word. */
  readonly rawFinishReason?: string;
  /** The stop sequence that matched, where the vendor says so. */
  readonly stopSequence?: string;
  /** Fields that Sluice has no name for: of the choice, and in an `Ending` of the answer as well. */
  readonly extra?: JsonObject;
}

/** How an answer ended, and its first choice. Only a complete answer has one. */
export interface Ending extends ChoiceEnding {
  /** Of all choices together. */
  readonly usage: Usage;
  readonly systemFingerprint?: string;
  /** Of a stream that went on at another target: who spoke, in order. Absent: one target gave all of it, as nearly always. */
  readonly spokenBy?: readonly Speaker[];
}

/** A target that gave a part of one answer. */
export interface Speaker {
  /** `provider/model` of the configuration. */
  readonly target: string;
  /** The model's own name as the vendor reports it. */
  readonly model: string;
  /** Length of the text that came from it, in UTF-16 code units. */
  readonly characters: number;
}

/** What one choice says. */
export interface ChoiceContent {
  readonly content: readonly ContentPart[];
  readonly logprobs?: readonly TokenLogprob[];
}

/** A choice behind the first. */
export interface Choice extends ChoiceEnding, ChoiceContent {
  /** Its number, as the vendor numbered it: 1 or more. */
  readonly index: number;
}

/** A complete answer. What stands in it directly is the first choice. */
export interface PredictResponse extends Answerer, Ending, ChoiceContent {
  /** In the order of their numbers. Absent: the answer is one choice, as nearly all are. */
  readonly otherChoices?: readonly Choice[];
}

/**
 * One part of a streamed answer. A stream is: one `start`, any number of deltas, one `end`, and then it is over. A stream
 * that fails throws a SluiceError from the iterator instead of its `end`; so a stream without `end` is never a success.
 * `inputUsage` and `extra` of `start` are what a vendor says before it has answered; the usage and the extra of `end` are whole, and
 * they are the ones that count.
 *
 * Deltas are those of the first choice. Those of the others come wrapped, in any order among them, and each other choice that has
 * begun ends with a `choice-end` before the `end`, which is that of the first choice and of all.
 *
 * Where the target that answered has died and another goes on, a `seam` stands between what they say; the `end` then has `spokenBy`.
 */
export type PredictPart = AnswerPart | SeamPart;

/** From here on another target speaks: about the answer, and no part of it. */
export interface SeamPart {
  readonly type: 'seam';
  /** `provider/model` of the configuration that goes on. */
  readonly target: string;
}

/** A part of the answer itself. */
export type AnswerPart =
  | ({ readonly type: 'start'; readonly inputUsage?: Usage; readonly extra?: JsonObject } & Answerer)
  | DeltaPart
  | { readonly type: 'choice-part'; readonly choice: number; readonly part: DeltaPart }
  | ({ readonly type: 'choice-end'; readonly choice: number } & ChoiceEnding)
  | ({ readonly type: 'end' } & Ending);

/**
 * A piece of one choice. Tool calls are numbered from 0 in order of appearance within their choice; a `tool-call-delta` belongs to a
 * started call.
 */
export type DeltaPart =
  | {
      readonly type: 'text-delta';
      readonly text: string;
      readonly logprobs?: readonly TokenLogprob[];
      /** Citations or annotations that belong to the text block, in the vendor's own form; appended in order. */
      readonly annotations?: readonly JsonValue[];
      /** Fields of the text block that Sluice has no name for, such as a thought signature; the last value of each counts. */
      readonly extra?: JsonObject;
      /** True when this delta begins a new text block although the last part was text too. */
      readonly startsBlock?: true;
    }
  | {
      readonly type: 'reasoning-delta';
      readonly text: string;
      readonly signature?: string;
      readonly encrypted?: string;
      /** Fields of the block that Sluice has no name for, such as the vendor's id of it. */
      readonly extra?: JsonObject;
      /** True when this delta begins a new block although the last part was reasoning too. */
      readonly startsBlock?: true;
    }
  | { readonly type: 'refusal-delta'; readonly text: string; readonly logprobs?: readonly TokenLogprob[] }
  | {
      readonly type: 'tool-call-start';
      readonly index: number;
      readonly id: string;
      readonly name: string;
      /** Fields of the call that Sluice has no name for, such as a thought signature. */
      readonly extra?: JsonObject;
    }
  | { readonly type: 'tool-call-delta'; readonly index: number; readonly argumentsDelta: string }
  | {
      readonly type: 'opaque-delta';
      readonly dialect: Dialect;
      readonly value: JsonObject;
      /** True when it only tells how far something is, and what it tells of follows as a part of its own: no content of the answer. */
      readonly isNotice?: true;
    };

/** True for a delta that says nothing: its text is empty, and no field stands beside it. */
export function isEmptyDelta(part: DeltaPart): boolean {
  switch (part.type) {
    case 'text-delta':
    case 'reasoning-delta':
    case 'refusal-delta':
      if (part.text !== '') return false;
      for (const name in part) if (name !== 'type' && name !== 'text') return false;
      return true;
    case 'tool-call-delta':
      return part.argumentsDelta === '';
    default:
      return false;
  }
}
