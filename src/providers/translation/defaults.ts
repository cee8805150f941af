// Policy constants of every vendor's translation, each with its reason.

/** UTF-16 units of an answer that are kept until it is known whether the vendor reports usage: 65,000 tokens of prose. */
export const maxKeptOutput: number = 256 * 1024;

/** Tool calls of one answer: far above what models ask for, and a bound for what is remembered of a stream. */
export const maxToolCalls: number = 1024;

/** Fields without a name here that are kept of one answer: more are a mistake, and a stream must not grow without bound. */
export const maxExtraFields: number = 64;
