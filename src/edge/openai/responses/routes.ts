// OpenAI's Responses API: answers, whole and streamed, that are kept and can be gone on from.

import type { EdgeCall } from '../../call.ts';
import type { DialectServices, EdgeAnswer, EdgeRoute } from '../../dialect.ts';
import { type Conversation, openConversation, standsAlone } from './conversation.ts';
import { inputResource } from './input-resource.ts';
import { keptRoutes } from './kept-routes.ts';
import { parseResponseCall, type ResponseCall, toPredictRequest } from './parse-request.ts';
import { ResponseExchange } from './response-exchange.ts';
import { shownResponse } from './response-object.ts';
import { createResponseStreamEncoder } from './response-stream.ts';
import { createResponseVault } from './response-vault.ts';

/** What these routes may use. Without a store, answers are made and not kept, and say so (`store: false`). */
export type ResponseServices = Pick<DialectServices, 'inference' | 'clock' | 'ids' | 'responses'>;

/** The routes below /v1/responses. */
export function responseRoutes(services: ResponseServices): readonly EdgeRoute[] {
  const { inference, clock, ids, responses } = services;
  const vault = responses === undefined ? undefined : createResponseVault(responses, clock);

  const answer = (
    call: EdgeCall,
    asked: ResponseCall,
    { before, input }: Conversation,
  ): EdgeAnswer | Promise<EdgeAnswer> => {
    const request = toPredictRequest(asked, [...before, ...input], before.length);
    const kept = asked.store && vault !== undefined ? input.map((item) => inputResource(item, ids)) : [];
    const exchange = new ResponseExchange({ call, asked, input: kept, vault, clock, ids });
    if (asked.stream) {
      return {
        kind: 'stream',
        parts: exchange.recorded(inference.predictStream(request, call.context, call.signal)),
        encoder: createResponseStreamEncoder(exchange, call.requestId),
      };
    }
    return inference.predict(request, call.context, call.signal).then(async (response) => {
      const body = await exchange.whole(response);
      return { kind: 'whole', body: JSON.stringify(shownResponse(body, asked.showsEncrypted)), answered: response };
    });
  };

  const create = (call: EdgeCall): EdgeAnswer | Promise<EdgeAnswer> => {
    const asked = parseResponseCall(call.body);
    call.model = asked.body.model;
    if (standsAlone(asked)) return answer(call, asked, { before: [], input: asked.input });
    return openConversation(call, asked, vault).then((conversation) => answer(call, asked, conversation));
  };

  const countInput = async (call: EdgeCall): Promise<EdgeAnswer> => {
    const asked = parseResponseCall(call.body);
    call.model = asked.body.model;
    const { before, input } = await openConversation(call, asked, vault);
    const request = toPredictRequest(asked, [...before, ...input], before.length);
    const { inputTokens, source } = await inference.countTokens(request, call.context, call.signal);
    const estimated = source === 'estimated' ? { estimated: true } : {};
    const body = { object: 'response.input_tokens', input_tokens: inputTokens, ...estimated };
    return { kind: 'whole', body: JSON.stringify(body) };
  };

  return [
    { method: 'POST', path: '/v1/responses', access: 'key', handle: create },
    { method: 'POST', path: '/v1/responses/input_tokens', access: 'key', handle: countInput },
    ...keptRoutes(vault),
  ];
}
