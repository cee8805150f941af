// The Anthropic dialect of the edge: POST /v1/messages, streamed and not. The header `anthropic-version` is accepted and not
// looked at: there has been one version since 2023-06-01.

import type { EdgeCall } from '../call.ts';
import type { DialectServices, EdgeAnswer, EdgeDialect } from '../dialect.ts';
import { createMessageStreamEncoder } from './message-stream-encoder.ts';
import { parseMessagesRequest } from './parse-request.ts';
import { renderError } from './render-error.ts';
import { renderMessage } from './render-message.ts';

/** The dialect in front of the given Inference. */
export function createAnthropicDialect(services: Pick<DialectServices, 'inference'>): EdgeDialect {
  const { inference } = services;

  const createMessage = async (call: EdgeCall): Promise<EdgeAnswer> => {
    const { request, stream } = parseMessagesRequest(call.body);
    call.model = request.model;
    if (stream) {
      return {
        kind: 'stream',
        parts: inference.predictStream(request, call.context, call.signal),
        encoder: createMessageStreamEncoder(call.requestId),
      };
    }
    const response = await inference.predict(request, call.context, call.signal);
    return { kind: 'whole', body: JSON.stringify(renderMessage(response)), answered: response };
  };

  return {
    name: 'anthropic',
    pathPrefixes: ['/v1/messages'],
    requestIdHeader: 'request-id',
    routes: [{ method: 'POST', path: '/v1/messages', access: 'key', handle: createMessage }],
    renderError,
  };
}
