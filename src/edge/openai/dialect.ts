// The OpenAI dialect: chat completions, responses, completions, embeddings, moderations, transcriptions. Its models are in ../models.ts.

import type { EdgeCall } from '../call.ts';
import { createPlaceFinder } from '../caller-place.ts';
import type { EdgeAnswer, EdgeDialect } from '../dialect.ts';
import { createChatStreamEncoder } from './chat-stream.ts';
import { complete } from './completions.ts';
import { parseEmbeddingsCall, renderEmbeddings } from './embeddings.ts';
import { renderOpenAiError } from './error.ts';
import { functionCallEncoder, withFunctionCall } from './legacy-functions.ts';
import { parseModeration, renderModeration } from './moderations.ts';
import { parseChatCall, turnOrigins } from './parse-chat.ts';
import { renderChatCompletion } from './render-chat.ts';
import { type ResponseServices, responseRoutes } from './responses/routes.ts';
import { transcribe } from './transcriptions.ts';

/** The dialect in front of the given Inference. */
export function createOpenAiDialect(services: ResponseServices): EdgeDialect {
  const { inference } = services;

  const completeChat = (call: EdgeCall): EdgeAnswer | Promise<EdgeAnswer> => {
    const { request, stream, includeUsage, legacyFunctions } = parseChatCall(call.body);
    call.model = request.model;
    const { body } = call;
    call.findPlace = createPlaceFinder('messages', () => turnOrigins(body));
    if (stream) {
      const encoder = createChatStreamEncoder(includeUsage, call.requestId);
      return {
        kind: 'stream',
        parts: inference.predictStream(request, call.context, call.signal),
        encoder: legacyFunctions ? functionCallEncoder(encoder) : encoder,
      };
    }
    return inference.predict(request, call.context, call.signal).then((response) => {
      const shown = legacyFunctions ? withFunctionCall(response) : response;
      return { kind: 'whole', body: renderChatCompletion(shown), answered: response };
    });
  };

  const embed = async (call: EdgeCall): Promise<EdgeAnswer> => {
    const { request, encoding } = parseEmbeddingsCall(call.body);
    call.model = request.model;
    const response = await inference.embed(request, call.context, call.signal);
    return { kind: 'whole', body: renderEmbeddings(response, encoding), answered: response };
  };

  const moderate = async (call: EdgeCall): Promise<EdgeAnswer> => {
    const request = parseModeration(call.body);
    call.model = request.model;
    const response = await inference.moderate(request, call.context, call.signal);
    return { kind: 'whole', body: renderModeration(response), answered: response };
  };

  return {
    name: 'openai',
    pathPrefixes: ['/v1'],
    requestIdHeader: 'x-request-id',
    routes: [
      { method: 'POST', path: '/v1/chat/completions', access: 'key', handle: completeChat },
      { method: 'POST', path: '/v1/embeddings', access: 'key', handle: embed },
      { method: 'POST', path: '/v1/completions', access: 'key', handle: (call) => complete(call, inference) },
      { method: 'POST', path: '/v1/moderations', access: 'key', handle: moderate },
      {
        method: 'POST',
        path: '/v1/audio/transcriptions',
        access: 'key',
        accepts: { raw: ['multipart/form-data'], json: false },
        handle: (call) => transcribe(call, inference),
      },
      ...responseRoutes(services),
    ],
    renderError: renderOpenAiError,
  };
}
