// Policy constants of the OpenAI dialect, each with its reason.

import type { FormLimits } from '../multipart.ts';

/** Texts in one moderation call, as in one of embeddings: OpenAI's limit there. */
export const maxModerationInputs: number = 2048;

/** Prompts of one completions call. Each is a model call of its own; OpenAI allows as many choices in one answer. */
export const maxPrompts: number = 128;

/** Prompts of one completions call that are with a model at the same time: one caller should not take a model for itself. */
export const maxPromptsAtOnce: number = 8;

/** Most alternatives per token in a completions call: OpenAI gives 5, vLLM 20; the vendor has the last word. */
export const maxCompletionLogprobs: number = 20;

/** What a moderation call without a model asks for: OpenAI's own default. An alias of this name makes it work with any target. */
export const defaultModerationModel: string = 'omni-moderation-latest';

/**
 * Characters of JSON that a chat completion holds back until its text is whole: annotations and parts without a form. Far above what
 * searches and code bring; pictures are not held.
 */
export const maxLateCharacters: number = 32 * 1024 * 1024;

/** Limits of a transcription form. The recording itself is bounded by the largest upload. */
export const transcriptionFormLimits: FormLimits = {
  // `keywords[]` and `known_speaker_references[]` repeat; nothing real has more.
  maxFields: 256,
  // A reference of 10 s of speech as a data URL: 1.8 MB of 44.1 kHz stereo, a third more in base64.
  maxFieldBytes: 3 * 1024 * 1024,
  maxFiles: 1,
};

/**
 * Characters of one thought that a stream of chat completions holds until its signature comes: a million tokens are 4 MB, and no
 * model thinks as long in one block.
 */
export const maxThoughtChars: number = 4 * 1024 * 1024;
