// Policy constants of the Responses API, each with its reason.

/**
 * Characters of one answer that are held: the events that end it repeat it whole. Far above what a model writes (a million
 * tokens are 4 MB); the room is for pictures as base64.
 */
export const maxAnswerChars: number = 32 * 1024 * 1024;

/** Output items of one answer, for the same reason; providers bound theirs to as many. */
export const maxOutputItems: number = 4096;

/** Answers that a conversation is rebuilt from: each is one read of the store, and more turns than this fit no model. */
export const maxChainLength: number = 500;

/** Characters of JSON in a rebuilt conversation: as much as a body may have. */
export const maxConversationChars: number = 10 * 1024 * 1024;

/** Characters of JSON that one stored answer may have, its input included; a larger one is answered and not kept. */
export const maxStoredChars: number = 8 * 1024 * 1024;

/** References to items in one request: the store is asked for all of them at once. */
export const maxItemReferences: number = 1000;

/**
 * Longest wait for the store to keep an answer that is ready. A commit takes milliseconds; a store that is slower than this
 * is ill, and the answer is worth more than its copy.
 */
export const saveTimeoutMs: number = 2_000;

/** Longest wait for the store to find what a request refers to: all of its reads together. */
export const loadTimeoutMs: number = 5_000;

/** Items on a page of input items where the caller does not say; OpenAI's default. */
export const defaultPageSize: number = 20;

/** Most items on a page; OpenAI's bound. */
export const maxPageSize: number = 100;
