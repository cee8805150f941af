// What is wrong with a configuration: one record for each fault, and its rendering for a terminal.

/** Where a value was written. Line and column count from 1; 0 means the file as a whole. */
export type Source =
  | { readonly kind: 'file'; readonly file: string; readonly line: number; readonly column: number }
  | { readonly kind: 'flag'; readonly flag: string }
  | { readonly kind: 'environment'; readonly variable: string }
  | { readonly kind: 'default' };

/** One fault. All faults of a configuration are reported at once. */
export interface Problem {
  /** Path of the value, such as `models.chat.targets[0]`; '' when the fault is not in one value. */
  readonly path: string;
  readonly source: Source;
  /** What is there, such as `"abc"` or `nothing`. Secrets are not repeated. */
  readonly found: string;
  /** What should be there, such as `a whole number from 1 to 65535`. */
  readonly expected: string;
  /** How to mend it. */
  readonly hint?: string;
}

/** `sluice.yaml:7:5`, `--set models.chat=…`, or '' for a default. */
function formatSource(source: Source): string {
  switch (source.kind) {
    case 'file':
      return source.line === 0 ? source.file : `${source.file}:${source.line}:${source.column}`;
    case 'flag':
      return source.flag;
    case 'environment':
      return `${source.variable} (environment)`;
    case 'default':
      return '';
  }
}

/** One problem as one line, for logs. */
export function formatProblem({ path, source, found, expected, hint }: Problem): string {
  const where = [formatSource(source), path].filter((part) => part !== '').join(' ');
  return `${where === '' ? '' : `${where}: `}found ${found}, expected ${expected}${hint === undefined ? '' : ` (${hint})`}`;
}

/** All problems as text for a terminal, with a last line that counts them. `color` adds ANSI codes. */
export function formatProblems(
  problems: readonly Problem[],
  { color = false }: { readonly color?: boolean } = {},
): string {
  const bold = (text: string): string => (color ? `\u001b[1m${text}\u001b[0m` : text);
  const dim = (text: string): string => (color ? `\u001b[2m${text}\u001b[0m` : text);
  const blocks = problems.map(({ path, source, found, expected, hint }) => {
    const head = [formatSource(source), bold(path)].filter((part) => part !== '').join('  ');
    const lines = [head, `  ${dim('found')}     ${found}`, `  ${dim('expected')}  ${expected}`];
    if (hint !== undefined) lines.push(`  ${dim('hint')}      ${hint}`);
    return lines.filter((line) => line !== '').join('\n');
  });
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  return `${blocks.join('\n\n')}\n\n${count} in the configuration.\n`;
}
