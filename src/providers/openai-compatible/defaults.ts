// Policy constants of the OpenAI-compatible provider, each with its reason.

/** Pieces of one answer's content, where it is a list: far above what vendors send, and a bound for what one body makes of us. */
export const maxContentPieces: number = 4096;

/** Models of one provider of which it is remembered how their streams end: callers choose the names. */
export const maxKnownHabits: number = 1024;

/** Arguments that may come before a call's name, in UTF-16 units. Servers send the name first; this is only a bound. */
export const maxEarlyArguments: number = 1024 * 1024;

/** Input of one call of a custom tool, which is put together before it is passed on, in UTF-16 units: four large source files. */
export const maxCustomInput: number = 4 * 1024 * 1024;

/**
 * Anthropic's thinking budgets in OpenAI's words, by the largest budget of each: about the tokens that its reasoning models
 * spend at that effort.
 */
export const effortBudgets: readonly { readonly upToTokens: number; readonly effort: string }[] = [
  { upToTokens: 4096, effort: 'low' },
  { upToTokens: 16_384, effort: 'medium' },
  { upToTokens: Number.POSITIVE_INFINITY, effort: 'high' },
];
