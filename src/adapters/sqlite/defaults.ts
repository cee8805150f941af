// The numbers of this folder, each with its reason.

/** Two batches in flight: the thread always finds the next one waiting while the main loop collects the one after. */
export const maxBatchesInFlight = 2;

/** 256 rows in one commit are within 15 % of the throughput of 1,000 and commit in about 5 ms. */
export const maxRequestsPerBatch = 256;

/** Beyond this many waiting calls (a quarter second of writes) a caller is better served by a refusal. */
export const maxQueuedRequests = 10_000;

/** Memory that waiting calls may hold, whatever their number. */
export const maxQueuedBytes: number = 64 * 1024 * 1024;

/** How long SQLite waits for another process to finish its write: far longer than any write of ours takes. */
export const busyTimeoutMs = 5_000;

/**
 * How often a file that another connection is opening or closing is tried, how long SQLite waits in each, and the pause between: five
 * seconds in all. SQLite waits by itself for writers, but not for everybody who changes the mode of the journal.
 */
export const openAttempts = 20;
export const openBusyTimeoutMs = 200;
export const openPauseMs = 50;

/** A batch unanswered for this long means a disk or thread that hangs: two busy waits fit into it. */
export const stuckAfterMs = 15_000;

/** How long close() lets queued work finish before the thread is ended by force. */
export const closeTimeoutMs = 5_000;

/** A dead thread is started again after 100 ms, then twice as late each time, at most 5 s. */
export const firstRestartDelayMs = 100;
export const maxRestartDelayMs = 5_000;

/** Most rows of one read: keeps one careless query from filling the memory. Larger results are paged by key. */
export const maxRowsPerRead = 10_000;

/** Prepared statements kept; the product has fewer, so the limit only guards against SQL built from data. */
export const maxPreparedStatements = 256;

/** Heap of the thread: batches are small, so more than this is a fault. */
export const threadHeapMb = 256;

/** Keys read at a time by list(). */
export const keysPerPage = 1_000;

/** How often expired answers are looked for: they are invisible at once, so this only decides when the disk gets its room back. */
export const expirySweepIntervalMs = 60_000;

/** Answers deleted in one transaction: rows of 10 KB to a few MB, so a batch stays within tens of milliseconds. */
export const expiredResponsesPerBatch = 100;

/** Pause after a full batch: others write in between, and a day's worth of expired answers is gone in a minute. */
export const fullSweepPauseMs = 100;
