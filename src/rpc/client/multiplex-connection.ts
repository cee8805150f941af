// One multiplexed stream at the client, from its first byte to its last: ids of calls, frames, signs of life.

import { type Client, type ClientDuplexStream, status as grpcStatus, type StatusObject } from '@grpc/grpc-js';
import { SluiceError } from '../../core/error.ts';
import type { Clock, Timer } from '../../ports/clock.ts';
import { asBuffer } from '../codec/bytes.ts';
import { flowControlWindowBytes, keepalive } from '../defaults.ts';
import { errorFromStatus } from '../error-codec.ts';
import {
  type ClientFrame,
  ConnectRequest,
  type ConnectResponse,
  MultiplexService,
  type ServerFrame,
  type Start,
  type Welcome,
} from '../generated/sluice/internal/v1/multiplex.ts';
import { Outbox } from '../outbox.ts';
import type { Target } from './target.ts';

/** What a frame of the server may hold. */
export type ServerPayload = NonNullable<ServerFrame['frame']>;

/** A call on the connection. */
export interface ConnectionCall {
  /** A frame for the call arrived. */
  receive(payload: ServerPayload): void;
  /** The connection broke: the call is over. */
  fail(error: SluiceError): void;
}

/** What the owner of a connection hears. */
export interface ConnectionEvents {
  /** Calls can be started. */
  opened(): void;
  /** The server takes no further call; calls under way go on. */
  leaving(): void;
  /** Over, in whatever way; nothing follows. */
  closed(error: SluiceError): void;
}

/** What a connection needs. */
export interface ConnectionOptions {
  readonly target: Target;
  readonly clock: Clock;
  /** Time until the server must have said welcome. */
  readonly connectTimeoutMs: number;
  /** Largest message that this end sends, in bytes; the server may allow less. */
  readonly maxMessageBytes: number;
  readonly events: ConnectionEvents;
}

/** Ids are positive 31-bit numbers: small varints, and a wrap is far enough away that a collision is only checked for. */
const maxCallId = 2 ** 31 - 1;

/** Opening until `welcome`; open until `go_away` (leaving) or a failure (closed). Leaving ends when its last call does. */
export class MultiplexConnection {
  readonly #options: ConnectionOptions;
  readonly #channel: Client;
  readonly #stream: ClientDuplexStream<Uint8Array, ConnectResponse>;
  readonly #outbox: Outbox;
  readonly #calls: Map<number, ConnectionCall> = new Map();
  #welcome: Welcome | undefined;
  #isLeaving = false;
  #isClosed = false;
  #lastCallId = 0;
  #lastHeardMs: number;
  #timer: Timer;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    const { target, clock, connectTimeoutMs } = options;
    this.#channel = target.openChannel(flowControlWindowBytes);
    const { path, responseDeserialize } = MultiplexService.connect;
    this.#stream = this.#channel.makeBidiStreamRequest(path, asBuffer, responseDeserialize, target.credentials(), {});
    this.#outbox = new Outbox(this.#stream);
    this.#stream.on('data', (message: ConnectResponse) => this.#receive(message));
    this.#stream.on('error', () => undefined); // The status that follows says the same.
    this.#stream.on('status', (status: StatusObject) => this.#close(causeOf(status)));
    this.#lastHeardMs = clock.monotonicMs();
    this.#timer = clock.setTimer(connectTimeoutMs, () => this.#breakOff('no welcome in time'));
  }

  /** The channel, for calls beside the stream (health). */
  get channel(): Client {
    return this.#channel;
  }

  /** What the server accepts. Only while open. */
  get welcome(): Welcome {
    if (this.#welcome === undefined) throw new SluiceError('internal', { detail: 'the connection is not open yet' });
    return this.#welcome;
  }

  /** Starts a call and returns its id. Throws `body_too_large`, and what encoding throws. */
  start(call: ConnectionCall, start: Start): number {
    const callId = this.#nextCallId();
    const bytes = encode(callId, { $case: 'start', value: start });
    const maxMessageBytes = Math.min(this.welcome.maxMessageBytes, this.#options.maxMessageBytes);
    if (bytes.byteLength > maxMessageBytes) {
      throw new SluiceError('body_too_large', { message: `The request is larger than ${maxMessageBytes} bytes.` });
    }
    if (this.#isClosed) throw new SluiceError('inference_unavailable', { detail: 'the connection was just lost' });
    this.#calls.set(callId, call);
    this.#outbox.push(bytes);
    return callId;
  }

  /** Lets a streamed call send `parts` more. */
  grant(callId: number, parts: number): void {
    this.#outbox.push(encode(callId, { $case: 'credit', value: parts }));
  }

  /** Stops a call and forgets it. */
  cancel(callId: number): void {
    if (!this.#calls.has(callId)) return;
    this.#outbox.push(encode(callId, { $case: 'cancel', value: {} }));
    this.forget(callId);
  }

  /** The call has had its last frame. */
  forget(callId: number): void {
    this.#calls.delete(callId);
    if (!this.#isLeaving || this.#calls.size > 0 || this.#isClosed) return;
    this.#outbox.flushAll();
    this.#stream.end();
  }

  /** Breaks the connection off; its calls fail. */
  close(): void {
    this.#breakOff('closed by this side');
  }

  #receive(message: ConnectResponse): void {
    this.#lastHeardMs = this.#options.clock.monotonicMs();
    for (const { callId, frame } of message.frames) {
      if (frame === undefined) continue;
      if (callId !== 0) this.#calls.get(callId)?.receive(frame);
      else if (frame.$case === 'welcome') this.#open(frame.value);
      else if (frame.$case === 'goAway') this.#leave();
    }
  }

  #open(welcome: Welcome): void {
    this.#welcome = welcome;
    this.#timer.cancel();
    this.#timer = this.#options.clock.setTimer(keepalive.idleMs, () => this.#checkLife());
    this.#options.events.opened();
  }

  #leave(): void {
    if (this.#isLeaving) return;
    this.#isLeaving = true;
    this.#options.events.leaving();
    this.forget(0);
  }

  /** Asks for a sign of life after a silence, and gives up when none comes: a dead peer closes nothing. */
  #checkLife(): void {
    const { clock } = this.#options;
    const silentMs = clock.monotonicMs() - this.#lastHeardMs;
    if (silentMs < keepalive.idleMs) {
      this.#timer = clock.setTimer(keepalive.idleMs - silentMs, () => this.#checkLife());
      return;
    }
    const askedMs = clock.monotonicMs();
    this.#outbox.push(encode(0, { $case: 'ping', value: {} }));
    this.#timer = clock.setTimer(keepalive.timeoutMs, () => {
      if (this.#lastHeardMs >= askedMs) this.#checkLife();
      else this.#breakOff('no sign of life');
    });
  }

  #breakOff(why: string): void {
    if (this.#isClosed) return;
    this.#close(new SluiceError('inference_unavailable', { detail: why }));
    this.#stream.cancel();
  }

  #close(cause: SluiceError): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#timer.cancel();
    this.#outbox.close();
    this.#channel.close();
    const calls = [...this.#calls.values()];
    this.#calls.clear();
    const detail = `${this.#options.target.address}: ${cause.detail ?? cause.reason}`;
    for (const call of calls) call.fail(new SluiceError('inference_unavailable', { detail, cause }));
    this.#options.events.closed(cause);
  }

  #nextCallId(): number {
    do {
      this.#lastCallId = this.#lastCallId === maxCallId ? 1 : this.#lastCallId + 1;
    } while (this.#calls.has(this.#lastCallId));
    return this.#lastCallId;
  }
}

function encode(callId: number, frame: NonNullable<ClientFrame['frame']>): Uint8Array {
  return ConnectRequest.encode({ frames: [{ callId, frame }] }).finish();
}

function causeOf(status: StatusObject): SluiceError {
  if (status.code !== grpcStatus.OK) return errorFromStatus(status);
  return new SluiceError('inference_unavailable', { detail: 'the server ended the stream' });
}
