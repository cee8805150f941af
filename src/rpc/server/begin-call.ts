// The first steps of every plain gRPC call: say which call it is, find out who calls, and take it in.

import { Metadata } from '@grpc/grpc-js';
import { SluiceError } from '../../core/error.ts';
import type { Inference } from '../../ports/inference.ts';
import { metadataKeys } from '../metadata-keys.ts';
import type { Callers, IncomingCall } from './callers.ts';
import type { OpenCall, OpenCalls } from './open-calls.ts';

/** What the calls of a service share. */
export interface CallServices {
  readonly callers: Callers;
  readonly openCalls: OpenCalls;
}

/** What is used of a gRPC call before it is answered. */
export type BeginningCall = IncomingCall & {
  readonly cancelled: boolean;
  on(event: 'cancelled', run: () => void): unknown;
  sendMetadata(metadata: Metadata): void;
};

/** Sends the request id back at once, so that a caller knows it while the answer is made. `metadata` is for the end of the call. */
export function greet({ callers }: CallServices, call: BeginningCall): { requestId: string; metadata: Metadata } {
  const requestId = callers.requestId(call);
  const metadata = new Metadata();
  metadata.set(metadataKeys.requestId, requestId);
  call.sendMetadata(metadata.clone());
  return { requestId, metadata };
}

/**
 * Authenticates the caller, counts the call as one of `method`, and cancels it when the caller does or its deadline passes. Rejects
 * with what the callers' check and OpenCalls throw.
 */
export async function begin(
  { callers, openCalls }: CallServices,
  method: keyof Inference,
  call: BeginningCall,
  requestId: string,
): Promise<OpenCall> {
  const context = await callers.contextOf(call, requestId);
  const open = openCalls.begin(method, 'unary', context);
  const cancel = (): void => open.cancel(new SluiceError('cancelled'));
  call.on('cancelled', cancel);
  if (call.cancelled) cancel();
  return open;
}
