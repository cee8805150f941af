// Tells the arguments of `npm test` apart: parts of file paths, and options that node's test runner understands.

/** What `npm test -- …` was given. */
export interface TestArguments {
  /** A test file runs when its path contains one of these; all run when there are none. */
  readonly filters: readonly string[];
  /** Passed to node as they are. */
  readonly nodeOptions: readonly string[];
}

/** Options of node's test runner whose value may be the next argument. */
const optionsWithValue: ReadonlySet<string> = new Set([
  '--test-name-pattern',
  '--test-skip-pattern',
  '--test-timeout',
  '--test-shard',
]);

/** `src/edge --test-name-pattern "limits: .*"` → one filter, one option `--test-name-pattern=limits: .*`. */
export function splitArguments(args: readonly string[]): TestArguments {
  const filters: string[] = [];
  const nodeOptions: string[] = [];
  for (let index = 0; index < args.length; index += 1) {
    const argument = args[index] ?? '';
    if (optionsWithValue.has(argument)) {
      index += 1;
      nodeOptions.push(`${argument}=${args[index] ?? ''}`);
    } else if (argument.startsWith('-')) nodeOptions.push(argument);
    else filters.push(argument);
  }
  return { filters, nodeOptions };
}
