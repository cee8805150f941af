// Header values that come from a caller and go further: checked here before anybody passes them on.

import type { IncomingHttpHeaders } from 'node:http';

/** Version, trace id, parent id and flags (W3C Trace Context, level 2, §3.2). */
const traceparentShape = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?$/;

/** Longest tracestate that is passed on: the specification asks for at least 512. */
const maxTracestateChars = 512;

/** A future version may be longer than version 00's 55 characters; we carry so many. */
const maxTraceparentChars = 128;

/** What a caller may name its own request: what log systems and shells take without quoting. */
const clientRequestIdShape = /^[\w.:/+=-]{1,128}$/;

/** Anything but printable ASCII. */

/** The caller's trace context; nothing when it is not valid, as the specification asks: a new trace then starts. */
export function traceHeadersOf(headers: IncomingHttpHeaders): { traceparent?: string; tracestate?: string } {
  const traceparent = headers['traceparent'];
  if (typeof traceparent !== 'string' || !isTraceparent(traceparent)) return {};
  const tracestate = headers['tracestate'];
  return typeof tracestate === 'string' && tracestate.length <= maxTracestateChars
    ? { traceparent, tracestate }
    : { traceparent };
}

/** The caller's own `x-request-id`, for the log only; undefined when it is not a plain word. */
export function clientRequestIdOf(headers: IncomingHttpHeaders): string | undefined {
  const id = headers['x-request-id'];
  return typeof id === 'string' && clientRequestIdShape.test(id) ? id : undefined;
}

function isTraceparent(text: string): boolean {
  if (text.length > maxTraceparentChars) return false;
  const match = traceparentShape.exec(text);
  if (match === null) return false;
  const [, version, traceId, parentId, rest] = match;
  if (version === 'ff' || (version === '00' && rest !== undefined)) return false;
  return !/^0+$/.test(traceId ?? '') && !/^0+$/.test(parentId ?? '');
}
