// The numbers of this folder.

/** 4 MiB is about 20,000 lines: minutes of a slow reader, and nothing for the memory. */
export const maxBufferedLogBytes: number = 4 * 1024 * 1024;

/** Longest stack and message that a line keeps of an error. */
export const maxErrorChars = 4_000;
