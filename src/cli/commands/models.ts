// `sluice models list|pull`.

import { join } from 'node:path';
import type { Config } from '../../config/config.ts';
import type { ModelDescription } from '../../core/model-description.ts';
import type { ModelProvider } from '../../ports/model.ts';
import { pullModel } from '../../providers/local/pull.ts';
import { createProvider } from '../../roles/create-provider.ts';
import { routingTableOf } from '../../roles/create-routing-table.ts';
import { type Command, type CommandContext, exitCode, soleOperand } from '../command.ts';
import { configOptions, withConfig } from '../config-options.ts';
import { formatTable } from '../table.ts';
import { commandTools } from '../tools.ts';

/** Lists what the configuration offers. */
export const modelsList: Command = {
  name: 'models list',
  summary: 'List the models of the configuration, with what each honestly is.',
  options: { json: { type: 'boolean', help: 'Print JSON.' }, ...configOptions },
  run: (input, context) =>
    withConfig(input, context, async (config) => {
      const models = await describeModels(config, context);
      if (input.flag('json')) context.terminal.line(JSON.stringify(models, null, 2));
      else context.terminal.line(models.map(paragraph).join('\n\n'));
      return exitCode.ok;
    }),
};

/** Fetches a model. */
export const modelsPull: Command = {
  name: 'models pull',
  operands: '<repo>',
  summary: 'Fetch a model with ONNX weights from Hugging Face, such as Xenova/all-MiniLM-L6-v2.',
  details:
    'Files go to DIR/models/REPO and are checked against the sizes and SHA-256 sums of the hub. An interrupted fetch goes\n' +
    'on where it stopped. Use the folder as providers.local.models.NAME.path.',
  options: {
    revision: { type: 'string', value: 'NAME', help: 'Branch, tag or commit. Default: main.' },
    'base-url': { type: 'string', value: 'URL', help: 'A mirror of the hub. Default: https://huggingface.co.' },
    ...configOptions,
  },
  run: (input, context) =>
    withConfig(input, context, async (config) => {
      const repo = soleOperand(input, 'a repository, such as Xenova/all-MiniLM-L6-v2');
      const revision = input.value('revision');
      const baseUrl = input.value('base-url');
      const { terminal, signal } = context;
      const pulled = await pullModel({
        repo,
        directory: join(config.dataDir, 'models'),
        ...(revision === undefined ? {} : { revision }),
        ...(baseUrl === undefined ? {} : { baseUrl }),
        onProgress: (progress) =>
          terminal.progress(progressBar(progress.file, progress.receivedBytes, progress.totalBytes)),
        signal,
      });
      const rows = pulled.files.map((file) => [
        file.path,
        `${(file.bytes / 1e6).toFixed(1)} MB`,
        file.sha256.slice(0, 12),
      ]);
      terminal.note(formatTable(['FILE', 'SIZE', 'SHA-256'], rows));
      terminal.line(pulled.directory);
      return exitCode.ok;
    }),
};

/** What the routing table of the configuration lists; loads no model and opens no connection. */
async function describeModels(config: Config, context: CommandContext): Promise<readonly ModelDescription[]> {
  const tools = commandTools(config, context);
  const providers = new Map<string, ModelProvider>();
  for (const [name, section] of Object.entries(config.providers)) {
    providers.set(name, createProvider(name, section, tools));
  }
  try {
    return routingTableOf(config, providers).list();
  } finally {
    await Promise.all([...providers.values()].map((provider) => provider.close()));
  }
}

function paragraph(model: ModelDescription): string {
  const facts = [
    model.targets.join(' → '),
    model.capabilities.length === 0 ? 'capabilities unknown' : model.capabilities.join(', '),
    ...(model.contextTokens === undefined ? [] : [`${model.contextTokens} tokens of context`]),
    ...(model.embeddingDimensions === undefined ? [] : [`${model.embeddingDimensions} dimensions`]),
    ...(model.licence === undefined ? [] : [model.licence]),
  ];
  return `${model.id}\n  ${model.summary}\n  ${facts.join(' · ')}`;
}

const barWidth = 30;

function progressBar(file: string, receivedBytes: number, totalBytes: number): string {
  const share = totalBytes === 0 ? 1 : receivedBytes / totalBytes;
  const filled = Math.round(share * barWidth);
  const bar = '█'.repeat(filled) + '░'.repeat(barWidth - filled);
  return `${bar} ${(share * 100).toFixed(0).padStart(3)} %  ${(receivedBytes / 1e6).toFixed(1)} MB  ${file}`;
}
