// The Anthropic dialect of the edge: POST /v1/messages, streamed and not, and POST /v1/messages/count_tokens. The header
// `anthropic-version` is accepted and not looked at: there has been one version since 2023-06-01.

import type { EdgeCall } from '../call.ts';
import { createPlaceFinder, type PlaceFinder } from '../caller-place.ts';
import type { DialectServices, EdgeAnswer, EdgeDialect } from '../dialect.ts';
import type { ErrorStyle } from '../error-style.ts';
import { withBetas } from './betas.ts';
import { createMessageStreamEncoder } from './message-stream-encoder.ts';
import { parseCountRequest, parseMessagesRequest, turnOrigins } from './parse-request.ts';
import { renderError } from './render-error.ts';
import { renderMessage } from './render-message.ts';

/** How Anthropic's clients want errors. */
export const anthropicErrorStyle: ErrorStyle = { requestIdHeader: 'request-id', renderError };

/** The dialect in front of the given Inference. */
export function createAnthropicDialect(services: Pick<DialectServices, 'inference'>): EdgeDialect {
  const { inference } = services;

  const createMessage = async (call: EdgeCall): Promise<EdgeAnswer> => {
    const parsed = parseMessagesRequest(call.body);
    call.model = parsed.request.model;
    call.findPlace = placeFinderOf(call);
    const request = withBetas(parsed.request, call.headers);
    if (parsed.stream) {
      return {
        kind: 'stream',
        parts: inference.predictStream(request, call.context, call.signal),
        encoder: createMessageStreamEncoder(call.requestId),
      };
    }
    const response = await inference.predict(request, call.context, call.signal);
    return { kind: 'whole', body: JSON.stringify(renderMessage(response)), answered: response };
  };

  const countTokens = async (call: EdgeCall): Promise<EdgeAnswer> => {
    const parsed = parseCountRequest(call.body);
    call.model = parsed.model;
    call.findPlace = placeFinderOf(call);
    const count = await inference.countTokens(withBetas(parsed, call.headers), call.context, call.signal);
    // Not as usage: nothing was used.
    call.answered = { ...count, usageSource: count.source };
    return { kind: 'whole', body: JSON.stringify({ input_tokens: count.inputTokens }) };
  };

  return {
    name: 'anthropic',
    pathPrefixes: ['/v1/messages'],
    ...anthropicErrorStyle,
    routes: [
      { method: 'POST', path: '/v1/messages', access: 'key', handle: createMessage },
      { method: 'POST', path: '/v1/messages/count_tokens', access: 'key', handle: countTokens },
    ],
  };
}

function placeFinderOf({ body }: EdgeCall): PlaceFinder {
  return createPlaceFinder('messages', () => turnOrigins(body));
}
