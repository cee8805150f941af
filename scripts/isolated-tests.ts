// Test files that cannot share a process with the others, which takes a tenth of the time of a process each. There is none now.

/** Path → reason. A file leaves this list when the reason is gone. */
export const isolatedTests: Readonly<Record<string, string>> = {};
