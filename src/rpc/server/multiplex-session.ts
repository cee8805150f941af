// One multiplexed stream at the server: takes the frames of a peer apart into calls and answers them over the same stream.

import type { ServerDuplexStream } from '@grpc/grpc-js';
import { SluiceError, toSluiceError } from '../../core/error.ts';
import type { Inference } from '../../ports/inference.ts';
import type { Log } from '../../telemetry/log.ts';
import { contextFromWire } from '../codec/context.ts';
import { partToWire } from '../codec/predict-answer.ts';
import { predictRequestFromWire } from '../codec/predict-request.ts';
import { errorToWire } from '../error-codec.ts';
import type { PredictRequest } from '../generated/sluice/inference/v1/inference.ts';
import {
  type ClientFrame,
  type ConnectRequest,
  ConnectResponse,
  type ServerFrame,
  type Start,
} from '../generated/sluice/internal/v1/multiplex.ts';
import { answerOperation, type OperationCall, type OperationName } from '../operations.ts';
import { Outbox } from '../outbox.ts';
import { requireQuestion } from '../required-fields.ts';
import type { RpcServerLimits } from '../rpc-server-options.ts';
import type { Callers } from './callers.ts';
import { CreditSink } from './credit-sink.ts';
import type { OpenCall, OpenCalls } from './open-calls.ts';
import { pumpParts } from './pump-parts.ts';

/** What a session needs; the same for all of one server. */
export interface MultiplexSessionOptions {
  readonly inference: Inference;
  readonly callers: Callers;
  readonly openCalls: OpenCalls;
  readonly log: Log;
  readonly limits: RpcServerLimits;
  /** For a call whose peer sent none or nonsense, in milliseconds. */
  readonly defaultTimeoutMs: number;
}

/** The stream of one peer: messages in, encoded messages out. */
export type SessionStream = ServerDuplexStream<ConnectRequest, Uint8Array>;

/** What a frame of the server may hold. */
export type ServerPayload = NonNullable<ServerFrame['frame']>;

interface SessionCall {
  readonly open: OpenCall;
  readonly sink?: CreditSink;
}

/**
 * A session lives as long as its stream. It is serving; after `goAway` it is draining and the peer half-closes when its last
 * call has ended; after the peer's half-close it ends with its last call; and when the stream breaks every call is cancelled.
 */
export class MultiplexSession {
  readonly #options: MultiplexSessionOptions;
  readonly #stream: SessionStream;
  readonly #outbox: Outbox;
  readonly #calls: Map<number, SessionCall> = new Map();
  readonly #closed: () => void;
  #isHalfClosed = false;
  #isOver = false;

  constructor(options: MultiplexSessionOptions, stream: SessionStream, closed: () => void) {
    this.#options = options;
    this.#stream = stream;
    this.#closed = closed;
    this.#outbox = new Outbox(stream);
    stream.on('data', (message: ConnectRequest) => {
      for (const frame of message.frames) this.#receive(frame);
    });
    stream.on('end', () => {
      this.#isHalfClosed = true;
      this.#endIfIdle();
    });
    for (const event of ['cancelled', 'error', 'close']) stream.on(event, () => this.#break());
    const { maxMessageBytes, maxCredit } = options.limits;
    this.#send(0, { $case: 'welcome', value: { maxMessageBytes, maxCredit } });
  }

  /** Tells the peer to start no further call here. */
  goAway(): void {
    this.#send(0, { $case: 'goAway', value: {} });
  }

  /** Ends the stream after what waits to be sent. */
  end(): void {
    if (this.#isOver) return;
    this.#outbox.flushAll();
    this.#stream.end();
  }

  #receive({ callId, frame }: ClientFrame): void {
    switch (frame?.$case) {
      case 'start':
        this.#start(callId, frame.value);
        return;
      case 'credit':
        this.#calls.get(callId)?.sink?.grant(frame.value);
        return;
      case 'cancel':
        this.#cancel(callId);
        return;
      case 'ping':
        this.#send(0, { $case: 'pong', value: {} });
    }
  }

  #start(callId: number, start: Start): void {
    try {
      if (this.#calls.has(callId)) throw new SluiceError('internal', { detail: `call ${callId} was started twice` });
      this.#dispatch(callId, start);
    } catch (thrown) {
      this.#send(callId, { $case: 'error', value: errorToWire(toSluiceError(thrown)) });
    }
  }

  #dispatch(callId: number, { context: wireContext, call }: Start): void {
    const { inference, openCalls, defaultTimeoutMs, log } = this.#options;
    const context = contextFromWire(wireContext, openCalls.options.clock.now(), defaultTimeoutMs);
    if (call === undefined) throw new SluiceError('unimplemented', { detail: 'a call of an unknown kind' });
    if (call.$case !== 'predictStream') {
      const open = openCalls.begin(call.$case, 'multiplex', context);
      void this.#answer(callId, open, call);
      return;
    }
    const request = predictRequestFromWire(requirePart(call.value.request));
    requireQuestion(request);
    const open = openCalls.begin('predictStream', 'multiplex', context);
    const sink = this.#openSink(callId, open, call.value.credit);
    void pumpParts(open, inference.predictStream(request, context, open.signal), sink, log);
  }

  /** Runs a call that has one answer, and sends it, or its failure, unless the call was cancelled meanwhile. */
  async #answer<Name extends OperationName>(
    callId: number,
    open: OpenCall,
    { $case, value }: OperationCall<Name>,
  ): Promise<void> {
    const finish = (payload: ServerPayload | undefined, error?: SluiceError): void => {
      if (open.isOver) return;
      open.end(error);
      if (this.#calls.delete(callId)) this.#finish(callId, payload, error);
    };
    this.#calls.set(callId, { open });
    open.onCancel((error) => finish(undefined, error));
    try {
      const { inference } = this.#options;
      const answer = await answerOperation(inference, $case, value, open.context, open.signal);
      finish({ $case, value: answer } as ServerPayload);
    } catch (thrown) {
      finish(undefined, toSluiceError(thrown));
    }
  }

  #openSink(callId: number, open: OpenCall, credit: number): CreditSink {
    const sink = new CreditSink({
      credit,
      maxCredit: this.#options.limits.maxCredit,
      outbox: this.#outbox,
      send: (part) => this.#sendChecked(callId, { $case: 'part', value: partToWire(part) }),
      finish: (error) => {
        if (this.#calls.delete(callId)) this.#finish(callId, undefined, error);
      },
    });
    this.#calls.set(callId, { open, sink });
    return sink;
  }

  /** The last frame of a call. */
  #finish(callId: number, payload: ServerPayload | undefined, error: SluiceError | undefined): void {
    try {
      if (payload !== undefined) this.#sendChecked(callId, payload);
      else if (error !== undefined) this.#send(callId, { $case: 'error', value: errorToWire(error) });
    } catch (thrown) {
      this.#options.log.error({ callId, error: String(thrown) }, 'an answer could not be sent');
      this.#send(callId, { $case: 'error', value: errorToWire(toSluiceError(thrown)) });
    }
    this.#endIfIdle();
  }

  /** A call that the peer gave up is forgotten first: nothing is sent for it any more. */
  #cancel(callId: number): void {
    const call = this.#calls.get(callId);
    if (call === undefined) return;
    this.#calls.delete(callId);
    call.open.cancel(new SluiceError('cancelled'));
    this.#endIfIdle();
  }

  #break(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#outbox.close();
    const calls = [...this.#calls.values()];
    this.#calls.clear();
    for (const { open } of calls) open.cancel(new SluiceError('cancelled', { detail: 'the stream of the peer broke' }));
    this.#closed();
  }

  #endIfIdle(): void {
    if (this.#isHalfClosed && this.#calls.size === 0) this.end();
  }

  #send(callId: number, frame: ServerPayload): void {
    this.#outbox.push(encode(callId, frame));
  }

  /** A message over the limit would break the stream and with it the calls of everybody. */
  #sendChecked(callId: number, frame: ServerPayload): void {
    const bytes = encode(callId, frame);
    const { maxMessageBytes } = this.#options.limits;
    if (bytes.byteLength > maxMessageBytes) {
      throw new SluiceError('internal', {
        message: `The answer is larger than ${maxMessageBytes} bytes.`,
        detail: `a frame of ${bytes.byteLength} bytes`,
      });
    }
    this.#outbox.push(bytes);
  }
}

function encode(callId: number, frame: ServerPayload): Uint8Array {
  return ConnectResponse.encode({ frames: [{ callId, frame }] }).finish();
}

function requirePart(request: PredictRequest | undefined): PredictRequest {
  if (request === undefined) throw new SluiceError('invalid_request', { detail: 'a stream without a request' });
  return request;
}
