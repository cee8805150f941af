// The OpenAI dialect: chat completions, embeddings, models.

import { SluiceError } from '../../core/error.ts';
import type { EdgeCall } from '../call.ts';
import type { DialectServices, EdgeAnswer, EdgeDialect } from '../dialect.ts';
import { createChatStreamEncoder } from './chat-stream.ts';
import { parseEmbeddingsCall, renderEmbeddings } from './embeddings.ts';
import { renderOpenAiError } from './error.ts';
import { renderModel, renderModelList } from './models.ts';
import { parseChatCall } from './parse-chat.ts';
import { renderChatCompletion } from './render-chat.ts';

/** The dialect in front of the given Inference. */
export function createOpenAiDialect(services: Pick<DialectServices, 'inference'>): EdgeDialect {
  const { inference } = services;

  const completeChat = (call: EdgeCall): EdgeAnswer | Promise<EdgeAnswer> => {
    const { request, stream, includeUsage } = parseChatCall(call.body);
    call.model = request.model;
    if (stream) {
      return {
        kind: 'stream',
        parts: inference.predictStream(request, call.context, call.signal),
        encoder: createChatStreamEncoder(includeUsage, call.requestId),
      };
    }
    return inference
      .predict(request, call.context, call.signal)
      .then((response) => ({ kind: 'whole', body: renderChatCompletion(response), answered: response }));
  };

  const embed = async (call: EdgeCall): Promise<EdgeAnswer> => {
    const { request, encoding } = parseEmbeddingsCall(call.body);
    call.model = request.model;
    const response = await inference.embed(request, call.context, call.signal);
    return { kind: 'whole', body: renderEmbeddings(response, encoding), answered: response };
  };

  const listModels = async (call: EdgeCall): Promise<EdgeAnswer> => ({
    kind: 'whole',
    body: renderModelList(await inference.listModels(call.context, call.signal)),
  });

  const showModel = async (call: EdgeCall): Promise<EdgeAnswer> => {
    const id = call.parameters['*'] ?? '';
    const models = await inference.listModels(call.context, call.signal);
    const model = models.find((candidate) => candidate.id === id);
    if (model === undefined) {
      throw new SluiceError('model_not_found', { message: `The model '${id}' does not exist.`, param: 'model' });
    }
    return { kind: 'whole', body: renderModel(model) };
  };

  return {
    name: 'openai',
    pathPrefixes: ['/v1'],
    requestIdHeader: 'x-request-id',
    routes: [
      { method: 'POST', path: '/v1/chat/completions', access: 'key', handle: completeChat },
      { method: 'POST', path: '/v1/embeddings', access: 'key', handle: embed },
      { method: 'GET', path: '/v1/models', access: 'key', handle: listModels },
      // A wildcard, as the names of models hold slashes.
      { method: 'GET', path: '/v1/models/*', access: 'key', handle: showModel },
    ],
    renderError: renderOpenAiError,
  };
}
