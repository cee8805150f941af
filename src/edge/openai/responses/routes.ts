// OpenAI's Responses API: answers, whole and streamed, that are kept and can be gone on from.

import type { PredictRequest } from '../../../core/predict.ts';
import type { EdgeCall } from '../../call.ts';
import { createPlaceFinder } from '../../caller-place.ts';
import type { DialectServices, EdgeAnswer, EdgeRoute } from '../../dialect.ts';
import { type Conversation, openConversation, standsAlone } from './conversation.ts';
import { inputResource } from './input-resource.ts';
import { keptRoutes } from './kept-routes.ts';
import { fieldPlaces, parseResponseCall, type ResponseCall, toPredictRequest, turnOrigins } from './parse-request.ts';
import { ResponseExchange } from './response-exchange.ts';
import { shownResponse } from './response-object.ts';
import { createResponseStreamEncoder } from './response-stream.ts';
import { createResponseVault } from './response-vault.ts';
import { failureOfVendorCall, partsOfVendorCall, refuseGuess, vendorFields } from './vendor-conversation.ts';

/** What these routes may use. Without a store, answers are made and not kept, and say so (`store: false`). */
export type ResponseServices = Pick<
  DialectServices,
  'inference' | 'clock' | 'ids' | 'responses' | 'passUnknownResponses'
>;

/** The routes below /v1/responses. */
export function responseRoutes(services: ResponseServices): readonly EdgeRoute[] {
  const { inference, clock, ids, responses, passUnknownResponses: passUnknown = false } = services;
  const vault = responses === undefined ? undefined : createResponseVault(responses, clock);
  const past = { vault, passUnknown };

  const answer = (call: EdgeCall, asked: ResponseCall, opened: Conversation): EdgeAnswer | Promise<EdgeAnswer> => {
    const { input, isVendors } = opened;
    const request = requestOf(call, asked, opened);
    const isKept = asked.store && vault !== undefined && !isVendors;
    const kept = isKept ? input.map((item) => inputResource(item, ids)) : [];
    const exchange = new ResponseExchange({ call, asked, input: kept, vault, isVendors, clock, ids });
    if (asked.stream) {
      const parts = inference.predictStream(request, call.context, call.signal);
      return {
        kind: 'stream',
        parts: exchange.recorded(isVendors ? partsOfVendorCall(asked, parts) : parts),
        encoder: createResponseStreamEncoder(exchange, call.requestId),
      };
    }
    const answered = inference.predict(request, call.context, call.signal);
    return (isVendors ? answered.catch(throwFor(asked)) : answered).then(async (response) => {
      const body = await exchange.whole(response);
      return { kind: 'whole', body: JSON.stringify(shownResponse(body, asked.showsEncrypted)), answered: response };
    });
  };

  const create = (call: EdgeCall): EdgeAnswer | Promise<EdgeAnswer> => {
    const asked = parseResponseCall(call.body);
    call.model = asked.body.model;
    if (standsAlone(asked)) return answer(call, asked, { before: [], input: asked.input, isVendors: false });
    return openConversation(call, asked, past).then((opened) => answer(call, asked, opened));
  };

  const countInput = async (call: EdgeCall): Promise<EdgeAnswer> => {
    const asked = parseResponseCall(call.body);
    call.model = asked.body.model;
    const opened = await openConversation(call, asked, past);
    const counted = inference.countTokens(requestOf(call, asked, opened), call.context, call.signal);
    const count = await (opened.isVendors ? counted.catch(throwFor(asked)) : counted);
    const { inputTokens, source } = count;
    if (opened.isVendors && source === 'estimated') refuseGuess(asked);
    call.answered = { ...count, usageSource: source };
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

/** The request; what is found wrong with it further on is told by its place in the call's body. */
function requestOf(call: EdgeCall, asked: ResponseCall, { before, input, isVendors }: Conversation): PredictRequest {
  const items = [...before, ...input];
  call.findPlace = createPlaceFinder('input', () => turnOrigins(asked, items, before.length), fieldPlaces(asked));
  return toPredictRequest(asked, items, before.length, isVendors ? vendorFields(asked) : {});
}

function throwFor(asked: ResponseCall): (thrown: unknown) => never {
  return (thrown) => {
    throw failureOfVendorCall(asked, thrown);
  };
}
