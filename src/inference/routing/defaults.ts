// Policy constants of routing that no operator sets, each with its reason.

/** Output tokens of a request that names no bound: an ordinary answer of a page. Only the ratio to the input decides who is cheaper. */
export const assumedOutputTokens: number = 500;

/** Characters of one text that tell a conversation from another; texts that only differ behind them are told apart by their length. */
export const identityChars: number = 16_384;
