// What a command of the command line is, and how its arguments are read. Exit codes: 0 done, 1 failed, 2 wrong usage.

import { type ParseArgsConfig, parseArgs } from 'node:util';
import { SluiceError } from '../core/error.ts';
import type { Terminal } from './terminal.ts';

/** Exit codes of every command. */
export const exitCode: { readonly ok: 0; readonly failed: 1; readonly usage: 2 } = { ok: 0, failed: 1, usage: 2 };

/** What a command is given. */
export interface CommandContext {
  readonly terminal: Terminal;
  /** Aborts on the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
  /** The environment, to be read only through config/. Default: that of the process. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** An option as help shows it and `parseArgs` reads it. */
export interface OptionDefinition {
  readonly type: 'string' | 'boolean';
  readonly multiple?: boolean;
  readonly short?: string;
  /** Placeholder of the value, such as `FILE`. */
  readonly value?: string;
  readonly help: string;
}

/** A command, its help and its action. */
export interface Command {
  /** Words after `sluice`, such as `keys create`. */
  readonly name: string;
  readonly summary: string;
  /** Positional arguments as help shows them, such as `<repo>`. */
  readonly operands?: string;
  /** More for `--help`, whole paragraphs. */
  readonly details?: string;
  readonly options: Readonly<Record<string, OptionDefinition>>;
  /** Resolves with the exit code. Throws SluiceError or UsageError for what the user must read. */
  run(input: ParsedArguments, context: CommandContext): Promise<number>;
}

/** The arguments of a command. */
export interface ParsedArguments {
  readonly operands: readonly string[];
  /** The value of a string option. */
  value(name: string): string | undefined;
  /** All values of an option that may be repeated. */
  values(name: string): readonly string[];
  /** True when a boolean option was given. */
  flag(name: string): boolean;
}

/** Wrong usage: shown with a pointer to `--help`, exit code 2. */
export class UsageError extends Error {
  override readonly name: string = 'UsageError';
}

/** Reads the arguments of a command. Throws UsageError. */
export function parseArguments(command: Command, args: readonly string[]): ParsedArguments {
  const options: NonNullable<ParseArgsConfig['options']> = {};
  for (const [name, { type, multiple, short }] of Object.entries(command.options)) {
    options[name] = { type, ...(multiple ? { multiple } : {}), ...(short ? { short } : {}) };
  }
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
    if (positionals.length > 0 && command.operands === undefined) {
      throw new UsageError(`unexpected argument '${positionals[0]}'`);
    }
    return {
      operands: positionals,
      value: (name) => (typeof values[name] === 'string' ? values[name] : undefined),
      values: (name) => (Array.isArray(values[name]) ? values[name].map(String) : []),
      flag: (name) => values[name] === true,
    };
  } catch (failure) {
    if (failure instanceof UsageError) throw failure;
    throw new UsageError(usageMessage(failure));
  }
}

/** The first sentence of Node's message, which names the option; the advice after it is about quoting positionals. */
function usageMessage(failure: unknown): string {
  const message = failure instanceof Error ? failure.message : String(failure);
  const sentence = message.split('. ')[0] ?? message;
  return sentence.charAt(0).toLowerCase() + sentence.slice(1);
}

/** The one operand of a command. Throws UsageError when there is none or more than one. */
export function soleOperand(input: ParsedArguments, name: string): string {
  const [operand, extra] = input.operands;
  if (operand === undefined) throw new UsageError(`expected ${name}`);
  if (extra !== undefined) throw new UsageError(`unexpected argument '${extra}'`);
  return operand;
}

/** What the user reads of a failure: the message; the detail where it helps; never a stack trace. */
export function describeFailure(failure: unknown): string {
  if (failure instanceof SluiceError) {
    const cause = failure.detail === undefined ? '' : ` (${failure.detail})`;
    return `${failure.message}${cause}`;
  }
  return failure instanceof Error ? failure.message : String(failure);
}
