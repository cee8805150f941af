// Policy constants of the OpenAI provider, each with its reason.

import type { ProviderLimits } from '../transport/defaults.ts';

/**
 * 32 MiB a line: the last event of the Responses API repeats the whole answer, and a generated picture is 2 to 8 MB of base64.
 * The bound is reached only by answers that hold such data; text stays far below it.
 */
export const openAiLimits: Partial<ProviderLimits> = { maxLineBytes: 32 * 1024 * 1024 };

/** Output items of one answer: far above what a model makes, and a bound for what is remembered of a stream. */
export const maxOutputItems: number = 4096;

/** Pieces (texts, refusals, summaries) that are remembered of one output item, for the same reason. */
export const maxPiecesPerItem: number = 1024;

/**
 * Models that OpenAI offers only over the Responses API: the `pro`, `codex`, `deep-research` and computer-use families. A name
 * that is not matched goes over chat completions, and OpenAI's own error says so when that is wrong.
 */
export const responsesOnlyModels: RegExp = /(?:^|[-/])(?:pro|codex|deep-research|computer-use)(?:-|$)/;

/**
 * OpenAI's models that reason: only they may be asked for encrypted reasoning, all others refuse the request for it ("Encrypted
 * content is not supported with this model"). The `chat` variants of the newer families do not reason.
 */
export const encryptsReasoning: RegExp =
  /(?:^|[-./])(?:o[1-9]|gpt-(?:[5-9]|[1-9]\d)|codex|computer-use)(?:[-.]|$)(?!.*\bchat\b)/;

/** Longest value of a field that is compared to tell a repeated event from a new one: names and ids are shorter, data is longer. */
export const maxNoticeWord: number = 200;
