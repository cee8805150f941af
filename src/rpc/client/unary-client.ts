// Inference over plain gRPC: one gRPC call for each call of the port. Dearer than the multiplexed stream, and what any server of
// sluice.inference.v1.Inference understands.

import {
  type Client,
  type ClientReadableStream,
  type ClientUnaryCall,
  status as grpcStatus,
  type Metadata,
  type StatusObject,
} from '@grpc/grpc-js';
import type { CallContext } from '../../core/call-context.ts';
import { toSluiceError, upstreamMalformed } from '../../core/error.ts';
import type { PredictPart, PredictRequest } from '../../core/predict.ts';
import { routingHeaders } from '../../core/routing-hints.ts';
import { pause } from '../../ports/pause.ts';
import { partFromWire } from '../codec/predict-answer.ts';
import { predictRequestToWire } from '../codec/predict-request.ts';
import { probeIntervalMs } from '../defaults.ts';
import { errorFromStatus } from '../error-codec.ts';
import { InferenceService, type Token } from '../generated/sluice/inference/v1/inference.ts';
import type { InferenceClient, InferenceClientLimits, InferenceClientOptions } from '../inference-client-options.ts';
import { metadataKeys } from '../metadata-keys.ts';
import type { OperationName, WireRequestOf, WireResponseOf } from '../operations.ts';
import { untilServing } from './health-probe.ts';
import { createOperationMethods } from './operation-methods.ts';
import { PartStream } from './part-stream.ts';
import { PendingCalls } from './pending-calls.ts';
import type { Target } from './target.ts';

interface Hub {
  readonly channel: Client;
  readonly target: Target;
  readonly pending: PendingCalls;
  readonly window: number;
}

/** The generated descriptions: under which path a method is called, and its encoder and decoder. */
const methods: {
  readonly [Name in OperationName]: {
    readonly path: string;
    readonly requestSerialize: (request: WireRequestOf<Name>) => Buffer;
    readonly responseDeserialize: (bytes: Buffer) => WireResponseOf<Name>;
  };
} = InferenceService;

/** A client that has not connected yet. */
export function createUnaryClient(
  options: InferenceClientOptions,
  limits: InferenceClientLimits,
  target: Target,
): InferenceClient {
  const { clock } = options;
  const pending = new PendingCalls(clock, limits.maxConcurrentCalls);
  const hub: Hub = { channel: target.openChannel(), target, pending, window: limits.creditWindow };
  return {
    ...createOperationMethods((name, request, context, signal) => ask(hub, name, request, context, signal)),
    predictStream: (request, context, signal) => openStream(hub, request, context, signal),
    async ready(signal) {
      while (!(await untilServing(hub.channel, clock, signal))) await pause(clock, probeIntervalMs, signal);
    },
    async close() {
      pending.close();
      hub.channel.close();
    },
  };
}

function ask<Name extends OperationName>(
  hub: Hub,
  name: Name,
  request: WireRequestOf<Name>,
  context: CallContext,
  signal: AbortSignal,
): Promise<WireResponseOf<Name>> {
  return new Promise((resolve, reject) => {
    const release = hub.pending.admit(context, signal, (error) => {
      call.cancel();
      reject(error);
    });
    const { path, requestSerialize, responseDeserialize } = methods[name];
    const metadata = metadataOf(hub, context);
    const settle = (error: Parameters<typeof errorFromStatus>[0] | null, response?: WireResponseOf<Name>): void => {
      release();
      if (error !== null) reject(errorFromStatus(error));
      else if (response === undefined) reject(upstreamMalformed('no response message'));
      else resolve(response);
    };
    const deadline = { deadline: context.deadlineAtMs };
    let call: ClientUnaryCall;
    try {
      call = hub.channel.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        metadata,
        deadline,
        settle,
      );
    } catch (thrown) {
      release();
      reject(toSluiceError(thrown));
    }
  });
}

function finish(stream: PartStream, status: StatusObject | undefined): void {
  if (status === undefined || status.code === grpcStatus.OK) stream.endReached();
  else stream.fail(errorFromStatus(status));
}

function metadataOf({ target }: Hub, context: CallContext): Metadata {
  const metadata = target.credentials();
  const entries: readonly (readonly [string, string | undefined])[] = [
    [metadataKeys.requestId, context.requestId],
    [metadataKeys.tenantId, context.tenantId],
    [metadataKeys.keyId, context.keyId],
    ['traceparent', context.traceparent],
    ['tracestate', context.tracestate],
    [routingHeaders.canary, context.routing?.canary?.join(', ')],
    [routingHeaders.conversation, context.routing?.conversation],
  ];
  for (const [key, value] of entries) if (value !== undefined && value !== '') metadata.set(key, value);
  return metadata;
}

/** A streamed call: starts with the first `next()`. At most `window` parts are held here; the rest waits in HTTP/2 flow control. */
function openStream(
  hub: Hub,
  request: PredictRequest,
  context: CallContext,
  signal: AbortSignal,
): AsyncIterable<PredictPart> {
  const stream = new PartStream();
  let release: (() => void) | undefined;
  let call: ClientReadableStream<Token> | undefined;
  let held = 0;
  const receive = (token: Token): void => {
    held += 1;
    if (held >= hub.window) call?.pause();
    try {
      stream.push(partFromWire(token));
    } catch (thrown) {
      stream.abort(toSluiceError(thrown));
    }
  };
  return stream.feedFrom({
    start() {
      const { path, requestSerialize, responseDeserialize } = InferenceService.predictStream;
      const wire = predictRequestToWire(request);
      release = hub.pending.admit(context, signal, (error) => stream.abort(error));
      const deadline = { deadline: context.deadlineAtMs };
      const metadata = metadataOf(hub, context);
      call = hub.channel.makeServerStreamRequest(path, requestSerialize, responseDeserialize, wire, metadata, deadline);
      let status: StatusObject | undefined;
      call.on('data', receive);
      call.on('error', () => undefined); // The status that follows says the same.
      // The status overtakes parts that wait to be read; `end` does not.
      call.on('status', (received: StatusObject) => {
        status = received;
      });
      call.on('end', () => finish(stream, status));
    },
    taken() {
      held -= 1;
      if (held < hub.window && call?.isPaused() === true) call.resume();
    },
    stop: () => call?.cancel(),
    over: () => release?.(),
  });
}
