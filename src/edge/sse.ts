// Writes one stream of server-sent events: pulls the model only as fast as the client reads, keeps silent connections alive,
// and cuts off a client that does not read. The dialect's encoder decides what the events say.

import { SluiceError, toSluiceError } from '../core/error.ts';
import type { PredictPart } from '../core/predict.ts';
import type { Timer } from '../ports/clock.ts';
import { failCall } from './answer.ts';
import type { EdgeCall } from './call.ts';
import { holdStatusMs, keepAliveIntervalMs, maxStreamBufferChars } from './defaults.ts';
import type { StreamAnswer, StreamEncoder } from './dialect.ts';
import { seamComment } from './spoken-by.ts';

/**
 * Streams an answer to its end. Never rejects: a failure before the first event becomes an error answer, a later one the
 * encoder's error event. The client's connection does not depend on the model obeying the abort signal.
 */
export async function streamEvents(call: EdgeCall, answer: StreamAnswer): Promise<void> {
  const { encoder } = answer;
  const writer = new EventWriter(call, encoder);
  let iterator: AsyncIterator<PredictPart> | undefined;
  try {
    iterator = answer.parts[Symbol.asyncIterator]();
    while (!writer.isOver) {
      const next = await iterator.next();
      if (next.done === true) throw new SluiceError('upstream_truncated', { detail: 'the stream has no end part' });
      note(call, next.value);
      writer.write(next.value.type === 'seam' ? seamComment(next.value) : encoder.encode(next.value));
      if (next.value.type === 'end') writer.end('');
      else if (writer.isFull) await writer.room();
    }
  } catch (thrown) {
    writer.fail(toSluiceError(thrown));
  } finally {
    if (iterator !== undefined) await stop(call, iterator);
  }
}

/** Gives the model call back, whatever state it is in. */
async function stop(call: EdgeCall, iterator: AsyncIterator<PredictPart>): Promise<void> {
  try {
    await iterator.return?.();
  } catch (thrown) {
    const { reason, detail } = toSluiceError(thrown);
    call.runtime.log.warn({ requestId: call.requestId, reason, detail }, 'a finished stream failed to clean up');
  }
}

/** Keeps what the log line and the response headers need. */
function note(call: EdgeCall, part: PredictPart): void {
  if (part.type === 'start') {
    const { target, attempts, downgrades } = part;
    call.answered = { target, attempts, ...(downgrades === undefined ? {} : { downgrades }) };
  } else if (part.type === 'seam') {
    const { target } = call.answered ?? {};
    call.answered = { ...call.answered, target: target === undefined ? part.target : `${target}, ${part.target}` };
  } else if (part.type === 'end') call.answered = { ...call.answered, usage: part.usage };
}

/** The response as a stream of events. Text of one pass of the event loop goes out in one write. */
class EventWriter {
  isOver: boolean = false;

  readonly #call: EdgeCall;
  readonly #encoder: StreamEncoder;
  readonly #flushLater: () => void = () => {
    this.#isScheduled = false;
    this.#flush();
  };
  #pending: string = '';
  #isScheduled: boolean = false;
  /** The socket's buffer is over its mark. */
  #isBlocked: boolean = false;
  /** A whole buffer went out without the event loop having turned: others must have their turn. */
  #mustYield: boolean = false;
  #wake: (() => void) | undefined;
  #keepAlive: Timer;
  #wroteAtMs: number;

  constructor(call: EdgeCall, encoder: StreamEncoder) {
    this.#call = call;
    this.#encoder = encoder;
    const { clock } = call.runtime;
    this.#wroteAtMs = clock.monotonicMs();
    this.#keepAlive = clock.setTimer(holdStatusMs, () => this.#beat());
    const fail = (_: EdgeCall, error: SluiceError): void => this.fail(error);
    call.onAbort = fail;
    call.response.on('drain', () => this.#drained());
  }

  /** True when nothing more should be pulled for now. */
  get isFull(): boolean {
    return this.#isBlocked || this.#mustYield;
  }

  /** Adds events. The first of them opens the response. */
  write(text: string): void {
    if (text === '' || this.isOver) return;
    this.#pending += singleLine(text);
    if (this.#pending.length >= maxStreamBufferChars) {
      this.#mustYield = true;
      this.#flush();
    } else if (!this.#isScheduled) {
      // Runs when no promise is left to run: every part that was at hand is in `#pending` by then.
      this.#isScheduled = true;
      process.nextTick(this.#flushLater);
    }
  }

  /** Resolves when more may be written, or when the response is over. */
  async room(): Promise<void> {
    if (this.#isBlocked && !this.isOver) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await promise;
    }
    if (this.#mustYield && !this.isOver) await new Promise<void>((resolve) => setImmediate(resolve));
    this.#mustYield = false;
  }

  /** Closes the response after `text`. */
  end(text: string): void {
    if (this.isOver) return;
    this.#pending += singleLine(text);
    this.#flush();
    this.#finish();
    const { response } = this.#call;
    response.end();
    if (!response.writableFinished) this.#call.armStall();
  }

  /** Ends the response with a failure, as far as it has come. */
  fail(error: SluiceError): void {
    if (this.isOver) return;
    this.#call.failure ??= error;
    if (this.#call.state === 'waiting' && this.#pending === '') {
      this.#finish();
      failCall(this.#call, error);
    } else if (this.#call.response.destroyed || error.reason === 'slow_consumer') this.#finish();
    else this.end(this.#encoder.fail(error));
  }

  #flush(): void {
    const text = this.#pending;
    if (text === '' || this.isOver) return;
    this.#pending = '';
    const { response } = this.#call;
    if (this.#call.state === 'waiting') {
      this.#call.state = 'answering';
      // Sent by Node together with the first chunk, in one packet.
      response.writeHead(200, streamHeaders(this.#call));
    }
    this.#wroteAtMs = this.#call.runtime.clock.monotonicMs();
    if (response.write(text)) return;
    this.#isBlocked = true;
    this.#call.armStall();
  }

  #drained(): void {
    this.#isBlocked = false;
    // After the end the stall timer watches the last bytes until the response closes.
    if (!this.isOver) this.#call.disarmStall();
    this.#wakeUp();
  }

  /** Called from time to time: says something when nothing was said for long. */
  #beat(): void {
    if (this.isOver) return;
    const silentMs = this.#call.runtime.clock.monotonicMs() - this.#wroteAtMs;
    const waitMs = this.#call.state === 'waiting' ? holdStatusMs : keepAliveIntervalMs;
    if (silentMs >= waitMs && !this.#isBlocked) this.write(this.#encoder.keepAlive());
    const nextMs = silentMs >= waitMs ? keepAliveIntervalMs : waitMs - silentMs;
    this.#keepAlive = this.#call.runtime.clock.setTimer(nextMs, () => this.#beat());
  }

  #finish(): void {
    this.isOver = true;
    this.#keepAlive.cancel();
    this.#wakeUp();
  }

  #wakeUp(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}

/** What Unicode calls the end of a line, beside those that JSON escapes anyway. */
const lineEnds = /[\u0085\u2028\u2029]/g;

/**
 * The events with such characters written as JSON escapes. They end no line of an event stream, but many clients split with
 * Python's `splitlines`, for which they do, and would find half a JSON text. They can only stand in strings of the data.
 */
function singleLine(events: string): string {
  return events.replace(lineEnds, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function streamHeaders(call: EdgeCall): Record<string, string | number> {
  const headers = call.responseHeaders();
  headers['content-type'] = 'text/event-stream; charset=utf-8';
  headers['cache-control'] = 'no-cache, no-transform';
  // nginx would otherwise collect the events into its own buffer.
  headers['x-accel-buffering'] = 'no';
  return headers;
}
