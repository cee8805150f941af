// Policy constants that several parts hold to, each with its reason.

/** Answers to one request: OpenAI's limit, and a bound for what is remembered of a stream. */
export const maxChoices: number = 128;

/** Names in the header of what was not honoured: proxies begin to refuse headers of 4 kB, and people read no more than this. */
export const maxDowngradedChars: number = 1024;
