// The table of commands, and the way from words to a command. It decides nothing about the process: main.ts does.

import { version } from '../roles/version.ts';
import { type Command, type CommandContext, describeFailure, exitCode, parseArguments, UsageError } from './command.ts';
import { chat } from './commands/chat.ts';
import { configCheck, configPrint, configSchema } from './commands/config.ts';
import { devRecord } from './commands/dev-record.ts';
import { doctor } from './commands/doctor.ts';
import { keysCreate, keysList, keysRevoke } from './commands/keys.ts';
import { modelsList, modelsPull } from './commands/models.ts';
import { roleCommands } from './commands/role.ts';
import { commandHelp, programHelp } from './help.ts';

/** All commands, as the help shows them. */
export const commandGroups: readonly (readonly [string, readonly Command[]])[] = [
  ['Run', roleCommands],
  ['Keys', [keysCreate, keysList, keysRevoke]],
  ['Models', [modelsList, modelsPull]],
  ['Use and check', [chat, doctor, configCheck, configPrint, configSchema]],
  ['Develop', [devRecord]],
];

const commands: readonly Command[] = commandGroups.flatMap(([, group]) => group);

/** Runs what the words after `sluice` ask for and resolves with the exit code. Never throws. */
export async function runProgram(args: readonly string[], context: CommandContext): Promise<number> {
  const { terminal } = context;
  const [first] = args;
  if (first === undefined || first === 'help' || first === '--help' || first === '-h') {
    terminal.line(programHelp(commandGroups, version()));
    return first === undefined ? exitCode.usage : exitCode.ok;
  }
  if (first === '--version' || first === '-v' || first === 'version') {
    terminal.line(version());
    return exitCode.ok;
  }
  const command = findCommand(args);
  const family = commands.filter(({ name }) => name.startsWith(`${first} `));
  if (command === undefined && family.length > 0 && args.some((word) => word === '--help' || word === '-h')) {
    terminal.line(family.map(commandHelp).join('\n\n'));
    return exitCode.ok;
  }
  if (command === undefined) {
    terminal.note(unknownCommand(args));
    return exitCode.usage;
  }
  return runCommand(command, args.slice(command.name.split(' ').length), context);
}

async function runCommand(command: Command, args: readonly string[], context: CommandContext): Promise<number> {
  const { terminal } = context;
  if (args.includes('--help') || args.includes('-h')) {
    terminal.line(commandHelp(command));
    return exitCode.ok;
  }
  try {
    return await command.run(parseArguments(command, args), context);
  } catch (failure) {
    if (failure instanceof UsageError) {
      terminal.note(`sluice ${command.name}: ${failure.message}. See: sluice ${command.name} --help`);
      return exitCode.usage;
    }
    terminal.note(`sluice ${command.name}: ${describeFailure(failure)}`);
    return exitCode.failed;
  }
}

/** The longest command whose words the arguments begin with. */
function findCommand(args: readonly string[]): Command | undefined {
  return commands
    .filter((command) => command.name.split(' ').every((word, index) => args[index] === word))
    .toSorted((one, other) => other.name.length - one.name.length)[0];
}

function unknownCommand(args: readonly string[]): string {
  const [first = ''] = args;
  const family = commands.filter((command) => command.name.startsWith(`${first} `));
  if (family.length > 0) {
    const words = family.map((command) => command.name.slice(first.length + 1)).join(', ');
    return `sluice ${first}: expected one of: ${words}. See: sluice --help`;
  }
  return `sluice: there is no command '${first}'. See: sluice --help`;
}
