// Policy constants of the native routes, each with its reason.

/** Documents of one ranking: Jina's limit. A ranking model reads each of them together with the query. */
export const maxDocuments: number = 2048;

/** Texts of one classification, as in one call for embeddings. */
export const maxClassifyInputs: number = 2048;

/** Labels to choose from: a zero-shot model reads every text once for each of them. */
export const maxLabels: number = 256;
