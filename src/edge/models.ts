// GET /v1/models and /v1/models/{id}, one path for two dialects: who sends `anthropic-version`, as Anthropic's clients always
// do, gets Anthropic's form, in errors too; everybody else gets OpenAI's.

import type { IncomingHttpHeaders } from 'node:http';
import { SluiceError } from '../core/error.ts';
import type { Inference } from '../ports/inference.ts';
import { anthropicErrorStyle } from './anthropic/dialect.ts';
import { renderModelInfo, renderModelPage } from './anthropic/models.ts';
import type { EdgeCall } from './call.ts';
import type { EdgeAnswer, EdgeRoute } from './dialect.ts';
import type { ErrorStyle } from './error-style.ts';
import { renderModel, renderModelList } from './openai/models.ts';

/** The routes, for the dialect that owns `/v1`. */
export function createModelRoutes(inference: Inference): readonly EdgeRoute[] {
  const list = async (call: EdgeCall): Promise<EdgeAnswer> => {
    const models = await inference.listModels(call.context, call.signal);
    const isPaged = isForAnthropic(call.headers);
    return { kind: 'whole', body: isPaged ? renderModelPage(models, queryOf(call)) : renderModelList(models) };
  };
  const show = async (call: EdgeCall): Promise<EdgeAnswer> => {
    const id = call.parameters['*'] ?? '';
    const models = await inference.listModels(call.context, call.signal);
    const model = models.find((candidate) => candidate.id === id);
    if (model === undefined) {
      throw new SluiceError('model_not_found', { message: `The model '${id}' does not exist.`, param: 'model' });
    }
    return { kind: 'whole', body: isForAnthropic(call.headers) ? renderModelInfo(model) : renderModel(model) };
  };
  return [
    { method: 'GET', path: '/v1/models', access: 'key', errorStyleOf, handle: list },
    // A wildcard, as the names of models hold slashes.
    { method: 'GET', path: '/v1/models/*', access: 'key', errorStyleOf, handle: show },
  ];
}

function isForAnthropic(headers: IncomingHttpHeaders): boolean {
  return headers['anthropic-version'] !== undefined;
}

function errorStyleOf(headers: IncomingHttpHeaders): ErrorStyle | undefined {
  return isForAnthropic(headers) ? anthropicErrorStyle : undefined;
}

function queryOf({ request }: EdgeCall): URLSearchParams {
  const { url = '' } = request;
  const mark = url.indexOf('?');
  return new URLSearchParams(mark === -1 ? '' : url.slice(mark + 1));
}
