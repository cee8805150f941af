// Policy constants of the Vertex provider, each with its reason.

/** The global endpoint: it serves every current Gemini model and routes around a region that is full. */
export const defaultLocation: string = 'global';

/** API version on Vertex. The one that Google's own SDK speaks by default: `v1` lags behind it by whole features. */
export const vertexVersion: string = 'v1beta1';

/** API version for Anthropic's models on Vertex: the one that Anthropic documents. */
export const anthropicVersion: string = 'v1';

/** The Gemini API with an API key, for when there is no project. */
export const geminiBaseUrl: string = 'https://generativelanguage.googleapis.com/v1beta';

/** The one scope that Vertex asks for. */
export const authScope: string = 'https://www.googleapis.com/auth/cloud-platform';

/** Tokens live an hour; a new one is fetched this long before the end, so that no call is sent with one that runs out on its way. */
export const tokenMarginMs: number = 5 * 60_000;

/** The life of a token of which nobody says when it ends: well below the usual hour. */
export const tokenLifeMs: number = 30 * 60_000;

/** How long fetching a token may take, its several requests together (federation makes three). */
export const tokenFetchMs: number = 20_000;

/** How soon a fetch that failed is tried again while the old token still serves. */
export const tokenRetryMs: number = 30_000;

/** Arguments of one call that come in pieces, in UTF-16 units: far above what models write. */
export const maxArgumentsLength: number = 1024 * 1024;

/** Highest position in a list that a piece of arguments may name: a wild index must not make a huge list. */
export const maxListIndex: number = 4096;

/** Steps in the path of a piece of arguments. */
export const maxPathSteps: number = 64;

/** Entries that are kept of a list which grows with the stream (citations). */
export const maxListEntries: number = 1024;

/** Texts in one request for embeddings: the documented limits of `:predict` and of `:batchEmbedContents`. */
export const maxPredictInstances: number = 250;
export const maxBatchRequests: number = 100;

/** Requests for embeddings under way at once for one call, where a model takes one text each: quick, and still polite. */
export const embedConcurrency: number = 8;

/**
 * Thinking budgets of Gemini 2.5 by OpenAI's words for effort. The figures are those of Google's own OpenAI-compatible
 * endpoint; `xhigh` and `max` are the highest that every 2.5 model takes.
 */
export const effortBudgets: Readonly<Record<string, number>> = {
  none: 0,
  minimal: 1024,
  low: 1024,
  medium: 8192,
  high: 24_576,
  xhigh: 24_576,
  max: 24_576,
};

/** Levels of Gemini 3 by the same words. It cannot be told not to think: `none` is its least. */
export const effortLevels: Readonly<Record<string, string>> = {
  none: 'minimal',
  minimal: 'minimal',
  low: 'low',
  medium: 'medium',
  high: 'high',
  xhigh: 'high',
  max: 'high',
};

/**
 * Stands in for the signature of a call that another model made, or whose client did not keep it. Gemini 3 refuses a history
 * without signatures; Google documents this word for exactly that (thought signatures, "migrating from other models").
 */
export const foreignCallSignature: string = 'skip_thought_signature_validator';
