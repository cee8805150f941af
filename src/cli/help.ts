// The text of `--help`, made from the command table so that it cannot be out of date.

import type { Command, OptionDefinition } from './command.ts';

/** Help of the whole program. */
export function programHelp(groups: readonly (readonly [string, readonly Command[]])[], version: string): string {
  const width = Math.max(...groups.flatMap(([, commands]) => commands.map((command) => title(command).length)));
  const sections = groups.map(([heading, commands]) =>
    [`${heading}:`, ...commands.map((command) => `  ${title(command).padEnd(width)}  ${command.summary}`)].join('\n'),
  );
  return [
    `Sluice ${version}: the AI layer of a microservice stack.`,
    '',
    'Usage: sluice <command> [options]',
    '',
    sections.join('\n\n'),
    '',
    'sluice <command> --help tells the options of a command. Exit codes: 0 done, 1 failed, 2 wrong usage.',
  ].join('\n');
}

/** Help of one command. */
export function commandHelp(command: Command): string {
  const options: [string, OptionDefinition][] = [
    ...Object.entries(command.options),
    ['help', { type: 'boolean', short: 'h', help: 'Show this.' }],
  ];
  const names = options.map(([name, option]) => optionName(name, option));
  const width = Math.max(...names.map((name) => name.length));
  const lines = options.map(([, option], index) => `  ${(names[index] ?? '').padEnd(width)}  ${option.help}`);
  const details = command.details === undefined ? [] : ['', command.details];
  return [`Usage: sluice ${title(command)} [options]`, '', command.summary, ...details, '', 'Options:', ...lines].join(
    '\n',
  );
}

function title(command: Command): string {
  return command.operands === undefined ? command.name : `${command.name} ${command.operands}`;
}

function optionName(name: string, option: OptionDefinition): string {
  const short = option.short === undefined ? '    ' : `-${option.short}, `;
  const value = option.type === 'string' ? ` ${option.value ?? 'VALUE'}` : '';
  return `${short}--${name}${value}${option.multiple ? ' …' : ''}`;
}
