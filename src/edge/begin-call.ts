// Lets a call in: everything that is decided before its body is read. Each step throws a SluiceError to refuse.

import { SluiceError } from '../core/error.ts';
import { parseRoutingHints, routingHeaders } from '../core/routing-hints.ts';
import type { Principal } from '../ports/authenticator.ts';
import type { EdgeCall } from './call.ts';
import { apiKeyOf, timeoutOf } from './credentials.ts';

/**
 * Refuses or admits a call. Synchronous for a key that the Authenticator knows (the hot path); a promise only when it must
 * ask a store. After it the call has its context and its deadline runs.
 */
export function beginCall(call: EdgeCall, access: 'key' | 'open'): void | Promise<void> {
  checkHost(call);
  if (access === 'open') return;
  if (call.runtime.draining) throw new SluiceError('draining');
  call.runtime.admission.checkCapacity();
  const timeoutMs = timeoutOf(call.headers, call.runtime.defaultTimeoutMs);
  const hints = parseRoutingHints(call.headers[routingHeaders.canary], call.headers[routingHeaders.conversation]);
  let principal: Principal | Promise<Principal>;
  try {
    principal = call.runtime.authenticator.authenticate(apiKeyOf(call.headers));
  } catch (thrown) {
    countRefusal(call, thrown);
    throw thrown;
  }
  if (!(principal instanceof Promise)) return call.begin(principal, timeoutMs, hints);
  return principal.then(
    (known) => call.begin(known, timeoutMs, hints),
    (thrown: unknown) => {
      countRefusal(call, thrown);
      throw thrown;
    },
  );
}

/**
 * RFC 9112 §3.2: a request of HTTP/1.1 without Host, or any with two, is refused. Node would refuse the first, with an empty
 * body, and take the first of two: whoever routed the request to us may have taken the second.
 */
function checkHost({ request, headers }: EdgeCall): void {
  if (request.httpVersion === '1.1' && headers.host === undefined) {
    throw new SluiceError('malformed_http', { message: 'The Host header is missing.' });
  }
  let hosts = 0;
  for (let at = 0; at < request.rawHeaders.length; at += 2) {
    const name = request.rawHeaders[at];
    if (name?.length === 4 && name.toLowerCase() === 'host') hosts += 1;
  }
  if (hosts > 1) throw new SluiceError('malformed_http', { message: 'There is more than one Host header.' });
}

function countRefusal(call: EdgeCall, thrown: unknown): void {
  const reason = thrown instanceof SluiceError ? thrown.reason : 'internal';
  call.runtime.metrics.add('sluice_auth_failures_total', [reason]);
}
