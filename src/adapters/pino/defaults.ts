// The numbers of this folder.

/** 4 MiB is about 20,000 lines: minutes of a slow reader, and nothing for the memory. */
export const maxBufferedLogBytes: number = 4 * 1024 * 1024;

/**
 * Lines are handed to the system in pieces of this size: one write for each line cost as much CPU as the rest of a log line. Half of
 * what a pipe holds on Linux, so that a reader who keeps up never makes a write come short.
 */
export const writeBytes: number = 32 * 1024;

/** Most in one write: a piece, and with it the line that filled it and what came while the last piece was written. */
export const maxWriteBytes: number = 48 * 1024;

/** Longest time that a line waits for company: a person who follows the log does not notice it. */
export const flushEveryMs = 100;

/** Longest stack and message that a line keeps of an error. */
export const maxErrorChars = 4_000;

/** Field names whose verdict is remembered: several times what our code uses. Those of a caller's headers may come beyond it. */
export const maxRememberedNames = 500;
