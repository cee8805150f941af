// The numbers of the extractive answerer. Those of ranking were fitted (see docs/adr/0004-local-engine.md for data and result).

/** Sentences that are compared by meaning; the rest of a long context has to share a word with the question to get there. */
export const maxRankedSentences = 96;

/** A sentence longer than this is cut at a word when it is quoted. */
export const maxQuoteCharacters = 400;

/** Most sentences in one answer. */
export const maxQuotes = 3;

/** Another sentence is quoted beside the best one when it has at least this share of its score, passage left aside. */
export const companionShare = 0.8;

/**
 * Weights of a logistic score for "this sentence answers the question", from cosine of the sentence vectors, the share of the
 * question's rare words that the sentence has, and the same share for the passage around it.
 */
export const relevance = { bias: -4, cosine: 7, sentenceCoverage: 4, passageCoverage: 4 } as const;

/** Below this probability the answer is "not found". */
export const minProbability = 0.6;

/** Longest input, in tokens: ranking more sentences would take longer than a person waits. */
export const answererContextTokens = 131_072;
