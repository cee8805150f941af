// Which events of a stream show that the answer goes on, and which only that the connection lives: a model that hangs behind a
// server that sends heartbeats must meet the idle limit.

import type { PredictPart } from '../../core/predict.ts';

/** Vendors' names for events that only keep a connection open. */
const names: ReadonlySet<string> = new Set(['ping', 'keepalive', 'keep-alive', 'heartbeat']);

/** Nothing, or an object that has such a name as its type. */
const emptyData = /^\s*(?:\{\s*"type"\s*:\s*"(?:ping|keepalive|keep-alive|heartbeat)"[^{}]*\}\s*)?$/;

/** Longer data is no heartbeat. */
const maxHeartbeatChars = 400;

/** True of an event that says of itself that it is a heartbeat. */
export function isHeartbeat({ event, data }: { readonly event: string; readonly data: string }): boolean {
  return names.has(event) || (data.length <= maxHeartbeatChars && emptyData.test(data));
}

/** True when one of the parts from `from` on is more than a delta of no text. */
export function saysSomething(parts: readonly PredictPart[], from: number): boolean {
  for (let index = from; index < parts.length; index += 1) {
    const part = parts[index];
    if (part === undefined || part.type === 'start') continue;
    if (part.type === 'tool-call-delta' ? part.argumentsDelta !== '' : !isEmptyText(part)) return true;
  }
  return false;
}

function isEmptyText(part: PredictPart): boolean {
  return 'text' in part && part.text === '' && Object.keys(part).length === 2;
}
