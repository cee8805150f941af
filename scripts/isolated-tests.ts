// Test files that cannot share a process with the others. Every other file runs in one process, which takes a tenth of the time.

const hooks = 'its hooks for each test lie outside a suite, so they would run for every test of every file';

/** Path → reason. A file leaves this list when the reason is gone; scripts/test-rules.ts holds the first reason to the code. */
export const isolatedTests: Readonly<Record<string, string>> = {
  'src/providers/local/pull.test.ts': hooks,
  'src/providers/openai-compatible/back-pressure.test.ts': hooks,
  'src/providers/openai-compatible/faults.test.ts': hooks,
  'src/providers/openai-compatible/provider.test.ts': hooks,
};
