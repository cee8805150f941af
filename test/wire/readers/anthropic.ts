// The official Anthropic client as a reader: what it returns or throws, in words that belong to no vendor.

import Anthropic from '@anthropic-ai/sdk';
import type { SaidFinish } from '../ground-truth/said.ts';
import type { Asked, Fetch, Heard, Reader } from './heard.ts';

/** A client of the server at `url`. */
export function anthropicReader(url: string, apiKey: string, fetch: Fetch = globalThis.fetch): Reader {
  const client = new Anthropic({ baseURL: url, apiKey, maxRetries: 0, fetch });
  return {
    name: 'anthropic',
    endpoints: ['messages'],
    async ask(asked) {
      try {
        return heardMessage(await askMessage(client, asked));
      } catch (thrown) {
        return heardFailure(thrown);
      }
    },
  };
}

function askMessage(client: Anthropic, { body, streamed }: Asked): Promise<Anthropic.Message> {
  const params = body as unknown as Anthropic.MessageCreateParamsNonStreaming;
  // The client refuses long whole answers unless it has a time limit.
  return streamed
    ? streamedMessage(client, params)
    : client.messages.create({ ...params, stream: false }, { timeout: 60_000 });
}

/** The client puts the message together, but for the vendor's word of its end: that one is no field of Anthropic's. */
async function streamedMessage(
  client: Anthropic,
  params: Anthropic.MessageCreateParamsNonStreaming,
): Promise<Anthropic.Message> {
  const stream = client.messages.stream({ ...params, stream: true });
  let delta: object = {};
  stream.on('streamEvent', (event) => {
    if (event.type === 'message_delta') delta = event.delta;
  });
  const message = await stream.finalMessage();
  return 'native_finish_reason' in delta
    ? { ...message, ...{ native_finish_reason: delta.native_finish_reason } }
    : message;
}

/** Vendors' own words for a plain end; OpenRouter sends its hosts' word with every answer. */
const plainWords = /^(?:stop|end_turn|completed|eos|stop_sequence)$/i;

function hasUnusualWord(message: object): boolean {
  return 'native_finish_reason' in message && !plainWords.test(String(message.native_finish_reason));
}

const finishes: Readonly<Record<string, SaidFinish>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool-calls',
  refusal: 'content-filter',
};

function heardMessage(message: Anthropic.Message): Heard {
  const { content, stop_reason, usage } = message;
  // A turn that is over with a word of the vendor's beside it did not end plainly.
  const isOther = stop_reason === 'end_turn' && hasUnusualWord(message);
  const cached = (usage.cache_read_input_tokens ?? 0) + (usage.cache_creation_input_tokens ?? 0);
  return {
    kind: 'answer',
    said: {
      text: content.map((block) => (block.type === 'text' ? block.text : '')).join(''),
      calls: content.flatMap((block) =>
        block.type === 'tool_use' ? [{ name: block.name, arguments: block.input }] : [],
      ),
      finish: stop_reason === null ? undefined : isOther ? 'other' : (finishes[stop_reason] ?? 'other'),
      usage: { input: usage.input_tokens + cached, output: usage.output_tokens },
    },
  };
}

function heardFailure(thrown: unknown): Heard {
  const text = String(thrown);
  if (!(thrown instanceof Anthropic.APIError)) {
    return { kind: 'failure', status: undefined, error: { type: undefined, code: undefined, message: text }, text };
  }
  const inner = (thrown.error as { error?: { type?: string; message?: string } } | undefined)?.error;
  const error = { type: inner?.type, code: undefined, message: inner?.message ?? text };
  return { kind: 'failure', status: thrown.status, error, text };
}
