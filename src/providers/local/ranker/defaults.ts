// The numbers of the built-in ranking. docs/adr/0004-local-engine.md says on what they were measured.

/**
 * Words of one passage of a document: the encoder reads 128 tokens, about 100 words, and the vector of a long text is a blur.
 * Passages of 30, 60 and 90 words rank alike.
 */
export const passageWords = 60;

/** Most characters of one passage, for text without spaces. */
export const passageCharacters = 600;

/** Passages of one document that are compared by meaning: those with the rarest words of the query, else the first. */
export const maxPassages = 8;

/** What the share of the best possible BM25 score counts beside the cosine. Between 0.5 and 2 little changes. */
export const wordWeight = 1;

/** Turns the sum into a score that is above a half for what rather fits than not, against documents on other topics. */
export const scoreCurve = { steepness: 12, middle: 0.55 } as const;
