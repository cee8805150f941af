// The numbers of this folder, each with its reason.

/** Most characters of a key's name: fits a line of `sluice keys list`. */
export const maxNameChars = 100;

/** How often the store is asked for changes: a revoked or new key takes effect within a second, for two reads a second. */
export const defaultRefreshMs = 500;

/** Least time between two reads that unknown keys cause: someone who tries keys costs the store ten small reads a second. */
export const minRefreshIntervalMs = 100;

/** How long a well-formed key that does not exist is refused without asking the store. */
export const unknownKeyMs = 1_000;

/** Most unknown keys remembered: about 1 MB. */
export const maxUnknownKeys = 10_000;

/** Most callers with unknown keys that wait for one read of the store; more are told that the server is at its limit. */
export const maxWaitingCallers = 1_000;
