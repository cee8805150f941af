// Test files that cannot share a process with the others, which takes a tenth of the time of a process each.

/** Path → reason. A file leaves this list when the reason is gone. */
export const isolatedTests: Readonly<Record<string, string>> = {
  'test/vendors/linear-growth.test.ts': 'replaces the iterator of arrays, after which they stay slower',
};
