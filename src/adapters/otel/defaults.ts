// The numbers of this folder, each with its reason.

/** Spans waiting for export: about 2 MB, and two seconds of 1,000 sampled requests. Beyond it spans are dropped. */
export const maxQueuedSpans = 2_048;

/** Spans in one export: below the 4 MB that receivers accept by default. */
export const maxSpansPerExport = 512;

/** How long finished spans wait for company. */
export const exportEveryMs = 2_000;

/** Time for two attempts at a slow receiver; also the most that a shutdown waits, so well inside the drain of 25 s. */
export const defaultExportTimeoutMs = 5_000;
