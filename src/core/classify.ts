// The requests and responses of classification and of moderation, which is classification into harms.

import type { Downgraded } from './downgraded.ts';
import type { JsonObject } from './json.ts';
import type { ImagePart, TextPart } from './message.ts';
import type { Usage } from './usage.ts';

/** What a caller asks a classifier for. */
export interface ClassifyRequest {
  readonly model: string;
  /** Texts, in order; at least one. */
  readonly input: readonly string[];
  /** Labels to choose from, for models without labels of their own (zero-shot). */
  readonly labels?: readonly string[];
  /** Fields that Sluice has no name for, as they came. */
  readonly extra?: JsonObject;
}

/** A label and how sure the model is, 0 to 1. */
export interface LabelScore {
  readonly label: string;
  readonly score: number;
}

/** One list of labels per input, each by falling score. */
export interface ClassifyResponse extends Downgraded {
  readonly model: string;
  /** `provider/model` that answered. */
  readonly target: string;
  readonly attempts: number;
  readonly results: readonly (readonly LabelScore[])[];
  readonly usage: Usage;
}

/** What a caller asks a moderation model for. Each input is judged on its own; parts of one input are judged together. */
export interface ModerateRequest {
  readonly model: string;
  readonly input: readonly (readonly (TextPart | ImagePart)[])[];
  /** Fields that Sluice has no name for, as they came. */
  readonly extra?: JsonObject;
}

/** The verdict on one input. */
export interface ModerationResult {
  readonly flagged: boolean;
  /** By the vendor's own category names, such as `self-harm/intent`. */
  readonly categories: Readonly<Record<string, boolean>>;
  /** 0 to 1, higher is more likely; the same names. */
  readonly scores: Readonly<Record<string, number>>;
  /** Fields of the verdict that Sluice has no name for, such as `category_applied_input_types`. */
  readonly extra?: JsonObject;
}

/** One verdict per input, in the order of the input. */
export interface ModerateResponse extends Downgraded {
  /** The vendor's id of the answer, or one of ours. */
  readonly id: string;
  readonly model: string;
  /** `provider/model` that answered. */
  readonly target: string;
  readonly attempts: number;
  readonly results: readonly ModerationResult[];
  readonly usage: Usage;
}
