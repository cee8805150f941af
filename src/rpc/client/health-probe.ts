// Waits until a server says that it can answer, by the standard health service.

import type { Client } from '@grpc/grpc-js';
import { service as healthService } from 'grpc-health-check';
import { toSluiceError } from '../../core/error.ts';
import type { Clock } from '../../ports/clock.ts';
import { pause } from '../../ports/pause.ts';
import { probeIntervalMs } from '../defaults.ts';

const inferenceName = 'sluice.inference.v1.Inference';

/**
 * True once the inference service is SERVING; asks again while it is not. False when the channel fails: try another one.
 * Rejects with the signal's reason.
 */
export async function untilServing(channel: Client, clock: Clock, signal: AbortSignal): Promise<boolean> {
  for (;;) {
    const status = await check(channel, signal);
    if (status === 'SERVING' || status === undefined) return status !== undefined;
    await pause(clock, probeIntervalMs, signal);
  }
}

/** The serving status; undefined when the server cannot be asked. */
function check(channel: Client, signal: AbortSignal): Promise<string | undefined> {
  const method = healthService['Check'];
  if (method === undefined) return Promise.resolve(undefined);
  return new Promise((resolve, reject) => {
    const call = channel.makeUnaryRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      { service: inferenceName },
      (error, response) => {
        signal.removeEventListener('abort', onAbort);
        if (signal.aborted) reject(toSluiceError(signal.reason));
        else resolve(error === null ? String((response as { status?: unknown } | undefined)?.status) : undefined);
      },
    );
    const onAbort = (): void => call.cancel();
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
  });
}
