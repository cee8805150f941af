// The numbers of this folder.

/**
 * Most label combinations of one metric. The catalogue keeps labels bounded; should one not be, the memory is: further
 * combinations are counted together under `overflow`.
 */
export const maxSeriesPerMetric = 2_000;
