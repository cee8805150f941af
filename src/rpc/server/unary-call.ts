// One unary gRPC call from its metadata to its status, for services whose methods answer with one message. What a method does is
// handed in.

import type { Metadata, ServerUnaryCall, sendUnaryData } from '@grpc/grpc-js';
import type { CallContext } from '../../core/call-context.ts';
import { type SluiceError, toSluiceError } from '../../core/error.ts';
import type { Inference } from '../../ports/inference.ts';
import { errorToStatus } from '../error-codec.ts';
import { begin, type CallServices, greet } from './begin-call.ts';
import type { OpenCall } from './open-calls.ts';

/** How grpc-js calls a method with one answer. */
export type UnaryHandler<Request, Response> = (
  call: ServerUnaryCall<Request, Response>,
  callback: sendUnaryData<Response>,
) => void;

/** Answers a call. `trailers` is sent after the answer. */
export type RunUnary<Request, Response> = (
  request: Request,
  context: CallContext,
  signal: AbortSignal,
  trailers: Metadata,
) => Promise<Response>;

/**
 * A handler that authenticates, counts the call as one of `method`, bounds it by its deadline, and turns what `run` throws into a
 * status.
 */
export function unaryHandler<Request, Response>(
  services: CallServices,
  method: keyof Inference,
  run: RunUnary<Request, Response>,
): UnaryHandler<Request, Response> {
  return async (call, callback) => {
    const { requestId, metadata } = greet(services, call);
    let open: OpenCall | undefined;
    const fail = (error: SluiceError): void => {
      open?.end(error);
      callback(errorToStatus(error, metadata));
    };
    try {
      const current = await begin(services, method, call, requestId);
      open = current;
      current.onCancel(fail);
      const response = await run(call.request, current.context, current.signal, metadata);
      if (current.isOver) return;
      current.end();
      callback(null, response, metadata);
    } catch (thrown) {
      if (open?.isOver !== true) fail(toSluiceError(thrown));
    }
  };
}
