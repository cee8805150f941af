// Inference over the multiplexed stream: every call is a handful of frames on one connection that is open already.

import type { CallContext } from '../../core/call-context.ts';
import { type SluiceError, toSluiceError } from '../../core/error.ts';
import type { PredictPart, PredictRequest } from '../../core/predict.ts';
import type { Clock } from '../../ports/clock.ts';
import { malformed } from '../codec/answer.ts';
import { contextToWire } from '../codec/context.ts';
import { partFromWire } from '../codec/predict-answer.ts';
import { predictRequestToWire } from '../codec/predict-request.ts';
import { errorFromWire } from '../error-codec.ts';
import type { Start } from '../generated/sluice/internal/v1/multiplex.ts';
import type { InferenceClient, InferenceClientLimits, InferenceClientOptions } from '../inference-client-options.ts';
import type { OperationName, WireRequestOf, WireResponseOf } from '../operations.ts';
import { untilServing } from './health-probe.ts';
import type { MultiplexConnection, ServerPayload } from './multiplex-connection.ts';
import { createOperationMethods } from './operation-methods.ts';
import { PartStream } from './part-stream.ts';
import { PendingCalls } from './pending-calls.ts';
import { Reconnector } from './reconnector.ts';
import type { Target } from './target.ts';

interface Hub {
  readonly reconnector: Reconnector;
  readonly pending: PendingCalls;
  readonly clock: Clock;
  readonly creditWindow: number;
}

type StartedCall = NonNullable<Start['call']>;

/** A client that has not connected yet. */
export function createMultiplexClient(
  options: InferenceClientOptions,
  limits: InferenceClientLimits,
  target: Target,
): InferenceClient {
  const { clock, ids, log } = options;
  const hub: Hub = {
    reconnector: new Reconnector({ target, clock, ids, log, ...limits }),
    pending: new PendingCalls(clock, limits.maxConcurrentCalls),
    clock,
    creditWindow: limits.creditWindow,
  };
  return {
    ...createOperationMethods((name, request, context, signal) => ask(hub, name, request, context, signal)),
    predictStream: (request, context, signal) => openStream(hub, request, context, signal),
    async ready(signal) {
      for (;;) {
        const connection = await hub.reconnector.patientConnection(signal);
        if (await untilServing(connection.channel, clock, signal)) return;
      }
    },
    async close() {
      hub.pending.close();
      hub.reconnector.close();
    },
  };
}

/** A call with one answer: resolves with it, rejects with its failure. */
function ask<Name extends OperationName>(
  hub: Hub,
  name: Name,
  request: WireRequestOf<Name>,
  context: CallContext,
  signal: AbortSignal,
): Promise<WireResponseOf<Name>> {
  const call = { $case: name, value: request } as StartedCall;
  return new Promise((resolve, reject) => {
    let undo: (() => void) | undefined;
    const release = hub.pending.admit(context, signal, (error) => {
      undo?.();
      reject(error);
    });
    const fail = (error: SluiceError): void => {
      release();
      reject(error);
    };
    const begin = (connection: MultiplexConnection): (() => void) => {
      const receive = (payload: ServerPayload): void => {
        connection.forget(callId);
        release();
        if (payload.$case === 'error') reject(errorFromWire(payload.value));
        else if (payload.$case === name) resolve(payload.value as WireResponseOf<Name>);
        else reject(malformed(`a ${payload.$case} frame instead of ${name}`));
      };
      const callId = connection.start({ receive, fail }, { context: contextToWire(context, hub.clock.now()), call });
      return () => connection.cancel(callId);
    };
    undo = onConnection(hub.reconnector, begin, fail);
  });
}

/** A streamed call: starts with the first `next()`. */
function openStream(
  hub: Hub,
  request: PredictRequest,
  context: CallContext,
  signal: AbortSignal,
): AsyncIterable<PredictPart> {
  const stream = new PartStream();
  let release: (() => void) | undefined;
  let undo: (() => void) | undefined;
  let reader: { took(): void } | undefined;
  return stream.feedFrom({
    start() {
      release = hub.pending.admit(context, signal, (error) => stream.abort(error));
      const wireRequest = predictRequestToWire(request);
      const begin = (connection: MultiplexConnection): (() => void) => {
        // More than the server grants would leave us waiting for parts that it waits to be granted.
        const window = Math.min(hub.creditWindow, connection.welcome.maxCredit);
        const callId = connection.start(
          {
            receive(payload) {
              receivePart(stream, payload);
              if (stream.isOver) connection.forget(callId);
            },
            fail: (error) => stream.fail(error),
          },
          {
            context: contextToWire(context, hub.clock.now()),
            call: { $case: 'predictStream', value: { request: wireRequest, credit: window } },
          },
        );
        reader = createGranter(connection, callId, window);
        return () => connection.cancel(callId);
      };
      undo = onConnection(hub.reconnector, begin, (error) => stream.fail(error));
    },
    taken: () => reader?.took(),
    stop: () => undo?.(),
    over: () => release?.(),
  });
}

function receivePart(stream: PartStream, payload: ServerPayload): void {
  try {
    if (payload.$case === 'part') stream.push(partFromWire(payload.value));
    else if (payload.$case === 'error') stream.fail(errorFromWire(payload.value));
    else throw malformed(`a ${payload.$case} frame in a stream`);
  } catch (thrown) {
    stream.abort(toSluiceError(thrown));
  }
}

/** Grants again in halves of the window: the far side never runs dry while we read, and grants stay rare. */
function createGranter(connection: MultiplexConnection, callId: number, window: number): { took(): void } {
  const atOnce = Math.max(1, Math.floor(window / 2));
  let taken = 0;
  return {
    took() {
      taken += 1;
      if (taken < atOnce) return;
      connection.grant(callId, taken);
      taken = 0;
    },
  };
}

/** Runs `begin` on the connection, at once when there is one. Returns how to take it back. */
function onConnection(
  reconnector: Reconnector,
  begin: (connection: MultiplexConnection) => () => void,
  fail: (error: SluiceError) => void,
): () => void {
  let isTakenBack = false;
  let undo: (() => void) | undefined;
  const run = (connection: MultiplexConnection): void => {
    if (isTakenBack) return;
    try {
      undo = begin(connection);
    } catch (thrown) {
      fail(toSluiceError(thrown));
    }
  };
  const { current } = reconnector;
  if (current !== undefined) run(current);
  else reconnector.connection().then(run, (thrown: unknown) => fail(toSluiceError(thrown)));
  return () => {
    isTakenBack = true;
    undo?.();
  };
}
