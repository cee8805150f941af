// grpc-js writes its own warnings to the console; here they become lines of the structured log. What they report reaches the
// caller as an error anyway, so they are only for debugging.

import { setLogger } from '@grpc/grpc-js';
import type { Log } from '../telemetry/log.ts';

/** Sends the lines of grpc-js, which has one log for the whole process, to this log from now on. */
export function redirectGrpcLog(log: Log): void {
  const write = (message: unknown, ...more: unknown[]): void => {
    log.debug({ more: more.length === 0 ? undefined : more.map(String) }, `grpc-js: ${String(message)}`);
  };
  setLogger({ error: write, info: write, debug: write });
}
