// `sluice dev record`: makes fixtures out of real calls. It stands between a client and a vendor and writes down what went by,
// without credentials, cookies and names of accounts.

import { createSystemClock } from '../../adapters/system/clock.ts';
import { parseAddress } from '../../config/values.ts';
import { SluiceError } from '../../core/error.ts';
import { formatAddress } from '../../roles/addresses.ts';
import { type Command, type CommandContext, exitCode, type ParsedArguments, UsageError } from '../command.ts';
import { type Interaction, type RedactedInteraction, toRow } from '../recorder/interaction.ts';
import { openRecordingFile, type RecordingFile } from '../recorder/recording-file.ts';
import { createRecordingProxy, type RecordingProxy } from '../recorder/recording-proxy.ts';

const defaultListen = '127.0.0.1:9000';

/** The command. */
export const devRecord: Command = {
  name: 'dev record',
  summary: 'Record calls to a vendor as fixtures, without credentials and account names.',
  details:
    'Point a client at the address that it prints and call as usual, with your own key: calls go on to the vendor, and each\n' +
    'becomes a line of JSON in FILE (added to when it exists) with the bytes of the answer, where they were cut and when\n' +
    'they came. Headers are kept by list; keys and names of accounts in addresses and bodies are blotted out; what was\n' +
    'taken out is said for each call. Prompts and answers stay: read a recording before you publish it.',
  options: {
    to: { type: 'string', value: 'URL', help: 'The vendor, such as https://api.openai.com. Required.' },
    out: { type: 'string', short: 'o', value: 'FILE', help: 'Where the recording goes. Required.' },
    listen: { type: 'string', value: 'HOST:PORT', help: `Default: ${defaultListen}. Port 0 is any free one.` },
  },
  async run(input, context) {
    const { target, out, address } = settingsOf(input);
    const file = await openRecordingFile(out).catch((failure: unknown) => {
      throw new SluiceError('config_invalid', { message: `Cannot write ${out}: ${messageOf(failure)}.` });
    });
    try {
      return await record(target, file, out, address, context);
    } finally {
      await file.close();
    }
  },
};

interface Settings {
  readonly target: URL;
  readonly out: string;
  readonly address: { readonly host: string; readonly port: number };
}

function settingsOf(input: ParsedArguments): Settings {
  const to = input.value('to');
  const out = input.value('out');
  if (to === undefined) throw new UsageError('expected --to URL');
  if (out === undefined) throw new UsageError('expected --out FILE');
  const target = URL.canParse(to) ? new URL(to) : undefined;
  if (target === undefined || !/^https?:$/.test(target.protocol)) {
    throw new UsageError(`--to: expected an http or https address, not '${to}'`);
  }
  const listen = input.value('listen') ?? defaultListen;
  const address = parseAddress(listen);
  if (address === undefined) throw new UsageError(`--listen: expected HOST:PORT, not '${listen}'`);
  return { target, out, address };
}

async function record(
  target: URL,
  file: RecordingFile,
  out: string,
  address: Settings['address'],
  { terminal, signal }: CommandContext,
): Promise<number> {
  let count = 0;
  let failed = 0;
  const writing = new Set<Promise<void>>();
  const write = async (interaction: Interaction): Promise<void> => {
    count += 1;
    const redacted = toRow(interaction, count - 1);
    try {
      await file.add(redacted.row);
      terminal.note(noteOf(redacted));
    } catch (failure) {
      failed += 1;
      terminal.note(`Not written: ${interaction.method} ${redacted.row.url}: ${messageOf(failure)}`);
    }
  };
  const proxy = createRecordingProxy({
    target,
    clock: createSystemClock(),
    onInteraction(interaction) {
      const written = write(interaction).finally(() => writing.delete(written));
      writing.add(written);
    },
    onFailure: (message) => terminal.note(`Not reached: ${message}`),
  });
  const bound = await listen(proxy, address);
  terminal.line(`http://${formatAddress(bound)}`);
  terminal.note(`Recording calls to ${target.origin} in ${out}. Stop with Ctrl-C.`);
  await untilAborted(signal);
  await proxy.close();
  await Promise.all(writing);
  terminal.note(`${count - failed} of ${count} interactions are in ${out}.`);
  return failed === 0 ? exitCode.ok : exitCode.failed;
}

async function listen(proxy: RecordingProxy, address: Settings['address']): Promise<Settings['address']> {
  try {
    return await proxy.listen(address);
  } catch (failure) {
    const message = `Cannot listen on ${formatAddress(address)}: ${messageOf(failure)}.`;
    throw new SluiceError('config_invalid', { message });
  }
}

/** What was recorded, and what was left out of it. */
function noteOf({ row, removed }: RedactedInteraction): string {
  const pieces = row.pieces.length === 1 ? '1 piece' : `${row.pieces.length} pieces`;
  const bytes = row.pieces.reduce((sum, [size]) => sum + size, 0);
  const ended = { end: '', cut: ', cut off by the vendor', 'client-left': ', left by the client' }[row.ended];
  const part = row.kept_part_of === undefined ? '' : ' (only the beginning was kept)';
  const without = removed.length === 0 ? 'nothing' : removed.join(', ');
  return `${row.method} ${row.path} ${row.status}, ${bytes} bytes in ${pieces}${ended}${part}; taken out: ${without}`;
}

function messageOf(failure: unknown): string {
  return failure instanceof Error ? failure.message : String(failure);
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
