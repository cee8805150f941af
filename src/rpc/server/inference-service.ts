// sluice.inference.v1.Inference over plain gRPC: one gRPC call for each call of the port, for clients of any language.

import { Metadata, type ServerUnaryCall, type ServerWritableStream, type sendUnaryData } from '@grpc/grpc-js';
import type { CallContext } from '../../core/call-context.ts';
import { SluiceError, toSluiceError } from '../../core/error.ts';
import type { PredictRequest as CoreRequest, PredictPart } from '../../core/predict.ts';
import type { Inference } from '../../ports/inference.ts';
import type { Log } from '../../telemetry/log.ts';
import { embedRequestFromWire, embedResponseToWire } from '../codec/embed.ts';
import { modelsToWire } from '../codec/models.ts';
import { partToWire, predictResponseToWire } from '../codec/predict-answer.ts';
import { predictRequestFromWire } from '../codec/predict-request.ts';
import { errorToStatus } from '../error-codec.ts';
import { Gate } from '../gate.ts';
import type { InferenceServer, PredictRequest, Token } from '../generated/sluice/inference/v1/inference.ts';
import { metadataKeys } from '../metadata-keys.ts';
import type { Callers, IncomingCall } from './callers.ts';
import type { OpenCall, OpenCalls } from './open-calls.ts';
import { pumpParts } from './pump-parts.ts';

/** What the service needs. */
export interface InferenceServiceOptions {
  readonly inference: Inference;
  readonly callers: Callers;
  readonly openCalls: OpenCalls;
  readonly log: Log;
}

/** The four methods, for `grpc.Server.addService`. */
export function createInferenceService(options: InferenceServiceOptions): InferenceServer {
  const { inference } = options;
  return {
    predict: unary(options, 'predict', async (request, context, signal) => {
      const core = predictRequestFromWire(request);
      requireQuestion(core);
      return predictResponseToWire(await inference.predict(core, context, signal));
    }),
    predictStream: (call) => void predictStream(options, call),
    embed: unary(options, 'embed', async (request, context, signal) => {
      requireField(request.model !== '', 'model');
      requireField(request.input.length > 0, 'input');
      return embedResponseToWire(await inference.embed(embedRequestFromWire(request), context, signal));
    }),
    listModels: unary(options, 'listModels', async (_request, context, signal) => {
      return modelsToWire(await inference.listModels(context, signal));
    }),
  };
}

function requireQuestion({ model, messages, prompt }: CoreRequest): void {
  requireField(model !== '', 'model');
  requireField(messages.length > 0 || prompt !== undefined, 'messages');
}

function requireField(isGiven: boolean, param: string): void {
  if (!isGiven) throw new SluiceError('invalid_request', { message: `${param} must not be empty.`, param });
}

function unary<Request, Response>(
  options: InferenceServiceOptions,
  method: keyof Inference,
  run: (request: Request, context: CallContext, signal: AbortSignal) => Promise<Response>,
): (call: ServerUnaryCall<Request, Response>, callback: sendUnaryData<Response>) => void {
  return async (call, callback) => {
    const { requestId, metadata } = greet(options, call);
    const fail = (error: SluiceError): void => callback(errorToStatus(error, metadata));
    let open: OpenCall | undefined;
    try {
      open = await begin(options, method, call, requestId);
      const current = open;
      current.onCancel((error) => {
        current.end(error);
        fail(error);
      });
      const response = await run(call.request, current.context, current.signal);
      if (current.isOver) return;
      current.end();
      callback(null, response, metadata);
    } catch (thrown) {
      if (open?.isOver === true) return;
      const error = toSluiceError(thrown);
      open?.end(error);
      fail(error);
    }
  };
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

/** Sends the request id back at once, so that a caller knows it while the answer is made. */
function greet(
  { callers }: InferenceServiceOptions,
  call: IncomingCall & { sendMetadata(metadata: Metadata): void },
): { requestId: string; metadata: Metadata } {
  const requestId = callers.requestId(call);
  const metadata = new Metadata();
  metadata.set(metadataKeys.requestId, requestId);
  call.sendMetadata(metadata.clone());
  return { requestId, metadata };
}

async function begin(
  { callers, openCalls }: InferenceServiceOptions,
  method: keyof Inference,
  call: IncomingCall & { readonly cancelled: boolean; on(event: 'cancelled', run: () => void): unknown },
  requestId: string,
): Promise<OpenCall> {
  const context = await callers.contextOf(call, requestId);
  const open = openCalls.begin(method, 'unary', context);
  const cancel = (): void => open.cancel(new SluiceError('cancelled'));
  call.on('cancelled', cancel);
  if (call.cancelled) cancel();
  return open;
}
