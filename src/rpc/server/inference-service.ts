// sluice.inference.v1.Inference over plain gRPC: one gRPC call for each call of the port, for clients of any language.

import type { Metadata, ServerWritableStream } from '@grpc/grpc-js';
import { type SluiceError, toSluiceError } from '../../core/error.ts';
import type { PredictPart } from '../../core/predict.ts';
import type { Inference } from '../../ports/inference.ts';
import type { Log } from '../../telemetry/log.ts';
import { partToWire } from '../codec/predict-answer.ts';
import { predictRequestFromWire } from '../codec/predict-request.ts';
import { errorToStatus } from '../error-codec.ts';
import { Gate } from '../gate.ts';
import type { InferenceServer, PredictRequest, Token } from '../generated/sluice/inference/v1/inference.ts';
import { answerOperation, type OperationName, type WireRequestOf, type WireResponseOf } from '../operations.ts';
import { requireQuestion } from '../required-fields.ts';
import { begin, type CallServices, greet } from './begin-call.ts';
import type { OpenCall } from './open-calls.ts';
import { pumpParts } from './pump-parts.ts';
import { type UnaryHandler, unaryHandler } from './unary-call.ts';

/** What the service needs. */
export interface InferenceServiceOptions extends CallServices {
  readonly inference: Inference;
  readonly log: Log;
}

/** Every method, for `grpc.Server.addService`. */
export function createInferenceService(options: InferenceServiceOptions): InferenceServer {
  return {
    predict: unary(options, 'predict'),
    predictStream: (call) => void predictStream(options, call),
    embed: unary(options, 'embed'),
    rank: unary(options, 'rank'),
    classify: unary(options, 'classify'),
    moderate: unary(options, 'moderate'),
    transcribe: unary(options, 'transcribe'),
    countTokens: unary(options, 'countTokens'),
    infer: unary(options, 'infer'),
    tensorMetadata: unary(options, 'tensorMetadata'),
    listModels: unary(options, 'listModels'),
  };
}

function unary<Name extends OperationName>(
  options: InferenceServiceOptions,
  name: Name,
): UnaryHandler<WireRequestOf<Name>, WireResponseOf<Name>> {
  return unaryHandler(options, name, (request: WireRequestOf<Name>, context, signal) =>
    answerOperation(options.inference, name, request, context, signal),
  );
}

async function predictStream(
  options: InferenceServiceOptions,
  call: ServerWritableStream<PredictRequest, Token>,
): Promise<void> {
  const { requestId, metadata } = greet(options, call);
  // The documented way to end a streaming call with a status in grpc-js; what was written before is still sent.
  const fail = (error: SluiceError): void => void call.emit('error', errorToStatus(error, metadata));
  let open: OpenCall | undefined;
  try {
    open = await begin(options, 'predictStream', call, requestId);
    const request = predictRequestFromWire(call.request);
    requireQuestion(request);
    const parts = options.inference.predictStream(request, open.context, open.signal);
    await pumpParts(open, parts, createStreamSink(call, fail, metadata), options.log);
  } catch (thrown) {
    const error = toSluiceError(thrown);
    open?.end(error);
    fail(error);
  }
}

function createStreamSink(
  call: ServerWritableStream<PredictRequest, Token>,
  fail: (error: SluiceError) => void,
  metadata: Metadata,
): { ready(): Promise<void> | undefined; send(part: PredictPart): void; finish(error?: SluiceError): void } {
  const gate = new Gate();
  let isBlocked = false;
  const go = (): void => {
    isBlocked = false;
    gate.open();
  };
  call.on('drain', go);
  return {
    ready: () => (isBlocked ? gate.wait() : undefined),
    send(part) {
      isBlocked = !call.write(partToWire(part));
    },
    finish(error) {
      go();
      if (error === undefined) call.end(metadata);
      else fail(error);
    },
  };
}
