// The numbers that the local engine lives by, each with its reason. What an operator may change is in the configuration.

/** Threads inside one matrix product. One: the small models gain nothing from more, and the other cores serve requests. */
export const defaultIntraOpThreads = 1;

/** Answers that one engine works on in turn, and embedding calls likewise. More would only slow each of them down and hold more key/value caches. */
export const maxActiveCalls = 8;

/** Calls that may wait for their turn; beyond that the caller is told at once to go elsewhere. */
export const maxWaitingCalls = 64;

/** What a refused caller is told to wait, in milliseconds: about one short answer of the built-in generator. */
export const overloadRetryAfterMs = 500;

/** Parts that the engine may be ahead of its reader. Enough to hide the hop between threads (0.1 ms), no more. */
export const creditWindow = 4;

/** How long a thread gets to free its models before it is stopped by force, in milliseconds. */
export const closeGraceMs = 2000;

/** Most texts in one call, the limit that OpenAI documents for embeddings. */
export const maxInputs = 2048;

/** Most characters of one text: reading more stops being free, and models see the first few thousand at most. */
export const maxTextCharacters = 1_000_000;

/** Most characters that one token of any usual vocabulary stands for: a run of spaces. */
export const maxCharactersPerToken = 128;

/** Most characters of a prompt. Tokenising them takes about a second of the model's thread, in which no other call goes on. */
export const maxPromptCharacters = 1_000_000;

/** Tokens per step while a prompt is read: short enough to notice a cancelled call, long enough to be efficient. */
export const prefillChunkTokens = 128;

/** Answer length when neither the request nor the model says one. */
export const fallbackMaxOutputTokens = 512;

/** Most rows of the model's length into which one text is cut that must be judged whole: 32,000 tokens for a model of 512. */
export const maxPiecesPerText = 64;

/** Most documents to rank in one call, as Voyage allows; each takes 1 to 10 ms. */
export const maxRankDocuments = 1000;

/** Most characters of all documents to rank together: reading their words takes about a second. */
export const maxRankCharacters = 10_000_000;

/** Most labels of one classification, and characters of one label: each is encoded like a text. */
export const maxLabels = 1000;
export const maxLabelCharacters = 1000;

/** Most bytes of the tensors of one call: eight calls of this size at once stay below a gigabyte. */
export const maxTensorBytes: number = 128 * 1024 * 1024;
