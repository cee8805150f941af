// Policy constants of the Anthropic provider, each with its reason.

/** Where the Messages API hangs. */
export const defaultBaseUrl: string = 'https://api.anthropic.com/v1';

/** The only version of the API since it has this form. */
export const defaultVersion: string = '2023-06-01';

/**
 * `max_tokens` when the caller asks for none: Anthropic demands one, OpenAI's dialect does not. 16,384 is below the output
 * limit of every model since Claude 3.7 and below the 21,333 tokens up to which Anthropic's own clients dare an answer that is
 * not streamed. Older models allow less: their own limit is taken.
 */
export const maxTokensDefault: number = 16_384;

/** Tokens that are left for the answer itself when a thinking budget would use up `max_tokens`. */
export const answerTokensBesideThinking: number = 4096;

/** The least thinking budget that Anthropic takes. */
export const minThinkingBudget: number = 1024;

/**
 * OpenAI's words for effort as thinking budgets, for models that know budgets only: the upper ends of the bands by which the
 * OpenAI-compatible provider turns budgets into words, so that a word survives both ways. `high` and above stay below the
 * 32,000 tokens of output that Claude Opus 4 allows.
 */
export const effortBudgets: Readonly<Record<string, number>> = {
  minimal: 1024,
  low: 4096,
  medium: 16_384,
  high: 24_576,
  xhigh: 24_576,
  max: 24_576,
};

/** Characters of one block that is put together from deltas before it is passed on whole: four large source files. */
export const maxAssembledCharacters: number = 4 * 1024 * 1024;

/** Blocks of one answer that may be open at a time. Anthropic opens one after the other; this is only a bound. */
export const maxOpenBlocks: number = 64;

/** Longest name of a tool that Anthropic takes. */
export const maxToolNameLength: number = 128;

/** What is added to the system prompt for `json_object`, which Anthropic has no field for. */
export const jsonObjectInstruction: string =
  'Answer with a single valid JSON object and nothing else: no explanation and no code fence.';
