// `sluice config check|print|schema`.

import { printConfig } from '../../config/print.ts';
import { configJsonSchema } from '../../config/schema.ts';
import { type Command, exitCode } from '../command.ts';
import { configOptions, withConfig } from '../config-options.ts';

/** Checks the configuration and shows every fault at once. */
export const configCheck: Command = {
  name: 'config check',
  summary: 'Check the configuration; shows every fault with its place and what was expected.',
  options: configOptions,
  run: (input, context) =>
    withConfig(input, context, async (config, files) => {
      const source = files.length === 0 ? 'embedded defaults' : files.join(', ');
      const models = Object.keys(config.models).length;
      const providers = Object.keys(config.providers).length;
      context.terminal.line(`The configuration is valid: ${source} (providers: ${providers}, models: ${models}).`);
      return exitCode.ok;
    }),
};

/** Prints the configuration in force. */
export const configPrint: Command = {
  name: 'config print',
  summary: 'Print the configuration in force as YAML, defaults included, secrets masked.',
  options: configOptions,
  run: (input, context) =>
    withConfig(input, context, async (config) => {
      context.terminal.line(printConfig(config).trimEnd());
      return exitCode.ok;
    }),
};

/** Prints the JSON Schema. */
export const configSchema: Command = {
  name: 'config schema',
  summary: 'Print the JSON Schema of sluice.yaml, for editors.',
  options: {},
  async run(_input, { terminal }) {
    terminal.line(JSON.stringify(configJsonSchema(), null, 2));
    return exitCode.ok;
  },
};
