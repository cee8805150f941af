// The numbers of this folder.

/** 8 KiB of randomness serve 585 ids; one refill costs about 10 µs, so 20 ns of each id. */
export const poolBytes: number = 8 * 1024;
