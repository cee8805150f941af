// Answers what is not HTTP, or is it too slowly: Node reports these on the bare connection, before there is a request.

import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { SluiceError } from '../core/error.ts';
import type { ErrorReason } from '../core/error-catalogue.ts';
import type { Ids } from '../ports/ids.ts';
import { lingerMs } from './defaults.ts';
import { renderOpenAiError } from './openai/error.ts';
import type { EdgeRuntime } from './runtime.ts';

/** What Node calls the failures; anything else that its parser reports is malformed. */
const reasonOfCode: Readonly<Record<string, ErrorReason>> = {
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'malformed_http',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
};

/**
 * Makes the handler of the server's `clientError`. A call whose body was being received gets an error in its dialect; a
 * connection without one gets the OpenAI shape, as no path is known; one whose answer has begun is just closed.
 */
export function createClientErrorHandler(runtime: EdgeRuntime, ids: Ids): (error: Error, socket: Socket) => void {
  const refused = new WeakSet<Socket>();
  return (thrown, socket) => {
    // The parser complains again about each further piece; the first answer stands.
    if (refused.has(socket)) return;
    refused.add(socket);
    const code = 'code' in thrown ? String(thrown.code) : '';
    const call = runtime.callOn(socket);
    if (!socket.writable || code === 'ECONNRESET' || code === 'EPIPE') {
      socket.destroy();
      return;
    }
    const error = new SluiceError(reasonOfCode[code] ?? 'malformed_http', { detail: code });
    if (call === undefined) {
      refuseConnection(runtime, socket, error, ids.next('req_'));
      return;
    }
    if (call.state === 'waiting') call.abort(error);
    else {
      call.failure ??= error;
      socket.destroy();
    }
  };
}

function refuseConnection(runtime: EdgeRuntime, socket: Socket, error: SluiceError, requestId: string): void {
  const { status, body } = renderOpenAiError(error, requestId);
  runtime.metrics.add('sluice_http_requests_total', ['malformed', String(status), error.reason]);
  runtime.log.info({ requestId, route: 'malformed', status, reason: error.reason, detail: error.detail }, 'request');
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    `x-sluice-request-id: ${requestId}`,
    'x-should-retry: false',
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
  // The client should close now; one that does not is closed, after it had time to read.
  const timer = runtime.clock.setTimer(lingerMs, () => socket.destroy());
  socket.once('close', () => timer.cancel());
}
