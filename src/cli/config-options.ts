// The options that every command shares which reads the configuration.

import type { Config } from '../config/config.ts';
import { type LoadResult, loadConfig } from '../config/load.ts';
import { formatProblems } from '../config/problem.ts';
import { type CommandContext, exitCode, type OptionDefinition, type ParsedArguments } from './command.ts';

/** `--config`, `--data-dir` and `--set`. */
export const configOptions: Readonly<Record<string, OptionDefinition>> = {
  config: { type: 'string', short: 'c', value: 'FILE', help: 'Configuration file. Default: none, embedded defaults.' },
  'data-dir': { type: 'string', value: 'DIR', help: 'Where keys, the store and models are kept. Default: ./data.' },
  set: {
    type: 'string',
    multiple: true,
    value: 'PATH=VALUE',
    help: 'Sets a value of the configuration, such as listen.http=127.0.0.1:0. May be repeated.',
  },
};

/** Loads the configuration that the arguments name; can be called again for a reload. */
export function load(input: ParsedArguments, context: CommandContext): LoadResult {
  const file = input.value('config');
  const dataDir = input.value('data-dir');
  return loadConfig({
    ...(file === undefined ? {} : { file }),
    ...(dataDir === undefined ? {} : { dataDir }),
    set: input.values('set'),
    ...(context.env === undefined ? {} : { env: context.env }),
  });
}

/** Runs `action` with the configuration, or shows every problem of it and fails. */
export async function withConfig(
  input: ParsedArguments,
  context: CommandContext,
  action: (config: Config, files: readonly string[]) => Promise<number>,
): Promise<number> {
  const result = load(input, context);
  if ('problems' in result) {
    context.terminal.note(formatProblems(result.problems, { color: context.terminal.isInteractive }));
    return exitCode.failed;
  }
  return action(result.config, result.files);
}
