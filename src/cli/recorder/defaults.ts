// Limits of the recorder and why.

/** Of a body this much is kept: the longest recorded streams are some hundred kilobytes. What is beyond it still passes through. */
export const maxRecordedBytes: number = 4 * 1024 * 1024;

/** Pieces of a body whose size and time are kept; later ones count as part of the last. A token stream has a few thousand. */
export const maxRecordedPieces: number = 20_000;

/** Connections at one time: with `maxRecordedBytes` for each request and answer, what the recorder can hold. */
export const maxConnections: number = 64;

/** How long an interaction under way may take to end once the recorder is told to stop. */
export const stopGraceMs: number = 2_000;
