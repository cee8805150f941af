// `sluice chat`: talks to a running server and prints the answer as it comes. It is a client of the public API, through the
// same provider code that talks to any server of the OpenAI dialect, so a cut answer is an error here too.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import type { Config } from '../../config/config.ts';
import { readEnvironment } from '../../config/environment.ts';
import { SluiceError } from '../../core/error.ts';
import type { Message } from '../../core/message.ts';
import type { ModelProvider } from '../../ports/model.ts';
import { createOpenAiCompatibleProvider } from '../../providers/openai-compatible/provider.ts';
import { formatAddress } from '../../roles/addresses.ts';
import { developmentKeyFile } from '../../roles/components/api-keys.ts';
import type { ProviderServices } from '../../roles/create-provider.ts';
import { defaultTimeouts } from '../../roles/defaults.ts';
import { type Command, type CommandContext, describeFailure, exitCode, type ParsedArguments } from '../command.ts';
import { configOptions, withConfig } from '../config-options.ts';
import { commandTools } from '../tools.ts';

/** Chats with a running server. */
export const chat: Command = {
  name: 'chat',
  operands: '[message]',
  summary: 'Talk to a running server; streams the answer. Without a message it asks for one line at a time.',
  details:
    'The key is read from --key-file, else SLUICE_API_KEY, else DIR/dev-key. Never give it as an argument: other users of the\nmachine can read arguments.',
  options: {
    model: { type: 'string', short: 'm', value: 'MODEL', help: 'Default: chat.' },
    system: { type: 'string', short: 's', value: 'TEXT', help: 'System message: what the model should know.' },
    url: { type: 'string', value: 'URL', help: 'Base address of the server. Default: http:// and listen.http.' },
    'key-file': { type: 'string', value: 'FILE', help: 'File that holds the API key.' },
    ...configOptions,
  },
  run: (input, context) =>
    withConfig(input, context, async (config) => {
      const tools = commandTools(config, context);
      const key = await apiKey(input, config, context);
      const url = input.value('url') ?? `http://${formatAddress(config.listen.http)}`;
      const server = createOpenAiCompatibleProvider({
        name: 'server',
        baseUrl: `${url.replace(/\/$/, '')}/v1`,
        apiKey: async () => key,
        clock: tools.clock,
        log: tools.log,
        estimator: tools.estimator,
      });
      try {
        const talk: Talk = { server, tools, model: input.value('model') ?? 'chat', messages: [] };
        const system = input.value('system');
        if (system !== undefined) talk.messages.push(textMessage('system', system));
        if (input.operands.length > 0) await ask(talk, input.operands.join(' '), context);
        else await converse(talk, context);
        return exitCode.ok;
      } finally {
        await server.close();
      }
    }),
};

/** A conversation under way. */
interface Talk {
  readonly server: ModelProvider;
  readonly tools: ProviderServices;
  readonly model: string;
  readonly messages: Message[];
}

/** One question for each line of standard input. A failed answer is shown and the conversation goes on without it. */
async function converse(talk: Talk, context: CommandContext): Promise<void> {
  const { terminal, signal } = context;
  const output = terminal.isInteractive ? { output: process.stdout } : {};
  const lines = createInterface({ input: process.stdin, ...output });
  signal.addEventListener('abort', () => lines.close(), { once: true });
  if (terminal.isInteractive) lines.setPrompt('> ');
  lines.prompt();
  for await (const line of lines) {
    if (line.trim() !== '') {
      await ask(talk, line, context).catch((failure: unknown) => {
        talk.messages.pop();
        terminal.note(describeFailure(failure));
      });
    }
    lines.prompt();
  }
}

async function ask(talk: Talk, text: string, context: CommandContext): Promise<void> {
  talk.messages.push(textMessage('user', text));
  const answer = await stream(talk, context);
  talk.messages.push(textMessage('assistant', answer));
}

async function stream({ server, tools, model, messages }: Talk, context: CommandContext): Promise<string> {
  const { totalMs } = defaultTimeouts;
  let answer = '';
  const parts = server.predictStream(
    { model, messages, sampling: {}, dialect: 'openai' },
    {
      model,
      context: {
        requestId: tools.ids.next('req_'),
        tenantId: '',
        keyId: '',
        deadlineAtMs: tools.clock.now() + totalMs,
      },
      // The server has its own limits; a local model may take long to its first token.
      timeouts: { ...defaultTimeouts, firstTokenMs: totalMs, idleMs: totalMs },
      signal: context.signal,
    },
  );
  for await (const part of parts) {
    if (part.type === 'text-delta') {
      answer += part.text;
      context.terminal.text(part.text);
    }
    if (part.type === 'end') context.terminal.text('\n');
  }
  return answer;
}

async function apiKey(input: ParsedArguments, config: Config, context: CommandContext): Promise<string> {
  const file = input.value('key-file');
  const fromEnvironment = readEnvironment(context.env).apiKey;
  if (file === undefined && fromEnvironment !== undefined) return fromEnvironment;
  const path = file ?? join(config.dataDir, developmentKeyFile);
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (failure) {
    throw new SluiceError('missing_api_key', {
      message: `There is no API key: ${path} cannot be read. Set SLUICE_API_KEY or give --key-file FILE.`,
      cause: failure,
    });
  }
}

function textMessage(role: Message['role'], text: string): Message {
  return { role, content: [{ type: 'text', text }] };
}
