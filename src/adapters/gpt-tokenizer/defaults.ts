// Policy constants of the token estimator, each with its reason.

/**
 * Longest piece that is tokenised at once, in UTF-16 units. Byte-pair merging takes time with the square of a run without
 * spaces: 64 kB of one letter took 2.6 s in one piece, 20 ms in pieces of 512. A cut costs at most one token too many.
 */
export const pieceUnits: number = 512;

/** Pieces that are tokenised for one estimate: 32 K units, about 2 ms of English prose, 75 ms of the worst input found. */
export const maxPieces: number = 64;

/** Pieces after which other work gets a turn: at most 10 ms of the worst input. */
export const piecesPerTurn: number = 8;
