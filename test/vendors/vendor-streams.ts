// The streams of all vendors for tests that cut, delay and damage them: our own fixtures always, recorded ones where the
// evaluation data is present; and a way to feed any bytes to the code that reads a vendor's socket, without a socket.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SluiceError } from '../../src/core/error.ts';
import type { Dialect } from '../../src/core/message.ts';
import type { PredictPart, PredictRequest } from '../../src/core/predict.ts';
import type { TokenEstimator } from '../../src/ports/token-estimator.ts';
import { embeddedFailureOf as anthropicFailure } from '../../src/providers/anthropic/errors.ts';
import { MessageStreamReader } from '../../src/providers/anthropic/stream.ts';
import { openAiLimits } from '../../src/providers/openai/defaults.ts';
import { ResponseStreamReader } from '../../src/providers/openai/responses/stream.ts';
import { embeddedFailureOf as openAiFailure } from '../../src/providers/openai-compatible/errors.ts';
import { ChatStreamReader } from '../../src/providers/openai-compatible/stream.ts';
import { defaultLimits } from '../../src/providers/transport/defaults.ts';
import type { AnswerSink, HttpCall, HttpExchange } from '../../src/providers/transport/http-exchange.ts';
import { type StreamReader, streamParts } from '../../src/providers/transport/part-stream.ts';
import { embeddedFailureOf as vertexFailure } from '../../src/providers/vertex/errors.ts';
import { GenerateStreamReader } from '../../src/providers/vertex/stream.ts';
import { chatRequest } from '../fixtures/calls.ts';
import { FakeClock } from '../fixtures/fake-clock.ts';
import { readParts } from '../fixtures/upstream-calls.ts';
import { readRecordings } from '../wire/recordings.ts';

/** The four forms of streams that vendors send. */
export type StreamForm = 'chat' | 'responses' | 'messages' | 'generate';

/** One stream as a vendor sent it. */
export interface VendorStream {
  readonly label: string;
  readonly form: StreamForm;
  readonly body: Buffer;
  /** How many choices were asked for. */
  readonly choiceCount: number;
}

/** What a stream came to. */
export interface Outcome {
  readonly parts: readonly PredictPart[];
  readonly error: SluiceError | undefined;
}

const folders: Readonly<Record<StreamForm, string>> = {
  chat: 'openai-compatible',
  responses: 'openai',
  messages: 'anthropic',
  generate: 'vertex',
};

/** Every `.sse` file in the fixtures of the vendors' folders. */
export function ownStreams(): VendorStream[] {
  return (Object.keys(folders) as StreamForm[]).flatMap((form) => {
    const folder = join(import.meta.dirname, '../../src/providers', folders[form], 'fixtures');
    const files = readdirSync(folder).filter((file) => file.endsWith('.sse'));
    return files.map((file) => ({
      label: `${folders[form]}/${file}`,
      form,
      body: readFileSync(join(folder, file)),
      choiceCount: file === 'choices.sse' ? 2 : 1,
    }));
  });
}

/** Every recorded stream; none where the evaluation data is absent. */
export function recordedStreams(): VendorStream[] {
  const { recordings } = readRecordings();
  return recordings.flatMap(({ label, wire, streamed, status, body, request }) => {
    const form = wire === 'completions' ? 'chat' : wire;
    const isStream = streamed && status === 200 && isForm(form);
    const choiceCount = Number(request?.['n'] ?? 1);
    return isStream ? [{ label, form, body: Buffer.from(body), choiceCount }] : [];
  });
}

function isForm(wire: string): wire is StreamForm {
  return Object.hasOwn(folders, wire);
}

const failures = { target: 'p/m', secrets: [], nowMs: 0 };
/** Every text is one token. */
export const oneTokenEstimator: TokenEstimator = { count: async (texts) => texts.length };

const common = {
  target: 'p/m',
  model: 'm',
  requestId: 'req_1',
  nowMs: new FakeClock().now(),
  estimator: oneTokenEstimator,
};
/** The request that streams of the Responses API answer: its caller gets every event. */
export const native: PredictRequest = { ...chatRequest('m'), dialect: 'openai-responses' };

/** The reader of a form. Of servers of the chat form it is known that they end with `[DONE]`, as after a first stream. */
function readerOf(form: StreamForm, { saysDone = true, choiceCount = 1, dialect }: Feeding): StreamReader {
  const request = chatRequest('m', { sampling: { choiceCount }, ...(dialect === undefined ? {} : { dialect }) });
  switch (form) {
    case 'chat':
      return new ChatStreamReader(request, common, (body) => openAiFailure(body, failures), { saysDone });
    case 'responses':
      return new ResponseStreamReader(dialect === undefined ? native : request, common, failures);
    case 'messages':
      return new MessageStreamReader({ ...common, request, downgrades: [], answerTool: undefined }, (body) =>
        anthropicFailure(body, failures),
      );
    case 'generate':
      return new GenerateStreamReader(request, common, (body) => vertexFailure(body, failures));
  }
}

/** How the bytes end: the body well, the connection broken, or not at all. */
export type BodyEnding = 'end' | 'break' | 'stall';

/** How a stream is fed. */
export interface Feeding {
  /** Default `end`. */
  readonly ending?: BodyEnding;
  /** Default true. */
  readonly saysDone?: boolean;
  /** How many choices were asked for. Default 1. */
  readonly choiceCount?: number;
  /** Called for each sign of life: the idle limit begins anew. */
  readonly onLife?: () => void;
  /** The caller's, on which it depends what is shown. Default: the vendor's own for `responses`, chat completions for the others. */
  readonly dialect?: Dialect;
}

/**
 * What the code behind a provider's socket makes of these pieces. It is the same code, from the first byte after the head on:
 * only sockets and deadlines are left out. A stall is given up once all that came has been read.
 */
export async function feed(form: StreamForm, pieces: Iterable<Buffer>, feeding: Feeding = {}): Promise<Outcome> {
  const { ending = 'end' } = feeding;
  const start = (_: HttpCall, sink: AnswerSink): HttpExchange => {
    sink.onHead(200, { 'content-type': 'text/event-stream' });
    const fed = new FedExchange(pieces[Symbol.iterator](), sink, ending, feeding.onLife);
    // As a socket does: not before whoever asked has the exchange in hand.
    queueMicrotask(() => fed.resume());
    return fed as unknown as HttpExchange;
  };
  const stream = streamParts({
    caller: { start, close: async () => {} },
    signal: new AbortController().signal,
    limits: form === 'responses' ? { ...defaultLimits, ...openAiLimits } : defaultLimits,
    prepare: () => ({ call: {} as HttpCall, reader: readerOf(form, feeding) }),
    failure: () => brokenConnection,
  });
  if (ending !== 'stall') return readParts(stream);
  return readWhatCame(stream);
}

const brokenConnection = new SluiceError('upstream_truncated', { detail: 'the connection broke' });

/** What stands for a socket: it delivers while nobody holds it back. */
class FedExchange {
  readonly #pieces: Iterator<Buffer>;
  readonly #sink: AnswerSink;
  readonly #ending: BodyEnding;
  readonly #onLife: (() => void) | undefined;
  #isPaused: boolean = false;
  #isOver: boolean = false;

  constructor(pieces: Iterator<Buffer>, sink: AnswerSink, ending: BodyEnding, onLife: (() => void) | undefined) {
    this.#pieces = pieces;
    this.#sink = sink;
    this.#ending = ending;
    this.#onLife = onLife;
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    while (!this.#isPaused && !this.#isOver) {
      const { value, done } = this.#pieces.next();
      if (done !== true) this.#sink.onBytes(value);
      else {
        this.#isOver = true;
        if (this.#ending === 'end') this.#sink.onEnd();
        else if (this.#ending === 'break') this.#sink.onFail(brokenConnection);
      }
    }
  }

  renew(): void {
    this.#onLife?.();
  }

  abort(): void {
    this.#isOver = true;
  }

  drain(): void {
    this.#isOver = true;
  }
}

/** Parts until the stream makes its reader wait. */
async function readWhatCame(stream: AsyncIterableIterator<PredictPart>): Promise<Outcome> {
  const parts: PredictPart[] = [];
  const reading = readParts({
    [Symbol.asyncIterator]: () => ({
      async next() {
        const result = await stream.next();
        if (result.done !== true) parts.push(result.value);
        return result;
      },
    }),
  });
  // What has come settles within the microtasks of a turn; a part or two more need another turn each.
  let seen = -1;
  while (seen < parts.length) {
    seen = parts.length;
    await new Promise((resolve) => setImmediate(resolve));
  }
  await stream.return?.();
  return { parts, error: (await reading).error };
}

/** Where events end: the positions behind blank lines. */
export function eventEnds(body: Buffer): number[] {
  const text = body.toString('latin1');
  const ends: number[] = [];
  for (const match of text.matchAll(/\r\n\r\n|\n\n|\r\r/g)) ends.push(match.index + match[0].length);
  return ends;
}
