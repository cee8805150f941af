// The methods of the port that have one answer, as a table: how each is asked, and how its request and response travel. Servers
// and clients of both transports read it, so what a method does on the wire is said once. predictStream is not in it.

import type { CallContext } from '../core/call-context.ts';
import type { Inference } from '../ports/inference.ts';
import {
  classifyRequestFromWire,
  classifyRequestToWire,
  classifyResponseFromWire,
  classifyResponseToWire,
} from './codec/classify.ts';
import { tokenCountFromWire, tokenCountToWire } from './codec/count-tokens.ts';
import { embedRequestFromWire, embedRequestToWire, embedResponseFromWire, embedResponseToWire } from './codec/embed.ts';
import { modelsFromWire, modelsToWire } from './codec/models.ts';
import {
  moderateRequestFromWire,
  moderateRequestToWire,
  moderateResponseFromWire,
  moderateResponseToWire,
} from './codec/moderate.ts';
import { predictResponseFromWire, predictResponseToWire } from './codec/predict-answer.ts';
import { predictRequestFromWire, predictRequestToWire } from './codec/predict-request.ts';
import { rankRequestFromWire, rankRequestToWire, rankResponseFromWire, rankResponseToWire } from './codec/rank.ts';
import {
  inferRequestFromWire,
  inferRequestToWire,
  inferResponseFromWire,
  inferResponseToWire,
  tensorMetadataFromWire,
  tensorMetadataToWire,
} from './codec/tensor.ts';
import {
  transcribeRequestFromWire,
  transcribeRequestToWire,
  transcribeResponseFromWire,
  transcribeResponseToWire,
} from './codec/transcribe.ts';
import type { ServerFrame, Start } from './generated/sluice/internal/v1/multiplex.ts';
import {
  requireAudio,
  requireEmbedInput,
  requireInputs,
  requireModel,
  requireQuestion,
  requireRanking,
  requireTensors,
  requireTexts,
} from './required-fields.ts';

/** A oneof as a table: its values by their case. */
type ValueOf<OneOf extends { readonly $case: string; readonly value: unknown }> = {
  readonly [Case in OneOf as Case['$case']]: Case['value'];
};

/** Names of the methods; the oneofs of the multiplexed frames use the same. */
export type OperationName = Exclude<keyof Inference, 'predictStream'>;

/** What a method is asked, as the port has it; nothing for listModels. */
export type RequestOf<Name extends OperationName> = Name extends 'listModels'
  ? undefined
  : Parameters<Inference[Name]>[0];

/** What a method answers, as the port has it. */
export type ResponseOf<Name extends OperationName> = Awaited<ReturnType<Inference[Name]>>;

/** What a method is asked, as it travels. */
export type WireRequestOf<Name extends OperationName> = ValueOf<NonNullable<Start['call']>>[Name];

/** What a method answers, as it travels. */
export type WireResponseOf<Name extends OperationName> = ValueOf<NonNullable<ServerFrame['frame']>>[Name];

/** A call as the multiplexed stream starts it; for a union of names, one of the calls. */
export type OperationCall<Name extends OperationName> = {
  readonly [One in Name]: { readonly $case: One; readonly value: WireRequestOf<One> };
}[Name];

/** One method. */
export interface Operation<Request, Response, WireRequest, WireResponse> {
  /** Throws `invalid_request` for what the wire cannot carry. */
  readonly requestToWire: (request: Request) => WireRequest;
  /** Throws `invalid_request` with the path of the offending field. */
  readonly requestFromWire: (request: WireRequest) => Request;
  /** Throws `invalid_request` for a request that asks for nothing. */
  readonly require: (request: Request) => void;
  readonly ask: (
    inference: Inference,
    request: Request,
    context: CallContext,
    signal: AbortSignal,
  ) => Promise<Response>;
  readonly responseToWire: (response: Response) => WireResponse;
  /** Throws `upstream_malformed`. */
  readonly responseFromWire: (response: WireResponse) => Response;
}

/** The operation of a name. */
export type OperationOf<Name extends OperationName> = Operation<
  RequestOf<Name>,
  ResponseOf<Name>,
  WireRequestOf<Name>,
  WireResponseOf<Name>
>;

/** Every method but predictStream. */
export const operations: { readonly [Name in OperationName]: OperationOf<Name> } = {
  predict: {
    requestToWire: predictRequestToWire,
    requestFromWire: predictRequestFromWire,
    require: requireQuestion,
    ask: (inference, request, context, signal) => inference.predict(request, context, signal),
    responseToWire: predictResponseToWire,
    responseFromWire: predictResponseFromWire,
  },
  embed: {
    requestToWire: embedRequestToWire,
    requestFromWire: embedRequestFromWire,
    require: requireEmbedInput,
    ask: (inference, request, context, signal) => inference.embed(request, context, signal),
    responseToWire: embedResponseToWire,
    responseFromWire: embedResponseFromWire,
  },
  rank: {
    requestToWire: rankRequestToWire,
    requestFromWire: rankRequestFromWire,
    require: requireRanking,
    ask: (inference, request, context, signal) => inference.rank(request, context, signal),
    responseToWire: rankResponseToWire,
    responseFromWire: rankResponseFromWire,
  },
  classify: {
    requestToWire: classifyRequestToWire,
    requestFromWire: classifyRequestFromWire,
    require: requireTexts,
    ask: (inference, request, context, signal) => inference.classify(request, context, signal),
    responseToWire: classifyResponseToWire,
    responseFromWire: classifyResponseFromWire,
  },
  moderate: {
    requestToWire: moderateRequestToWire,
    requestFromWire: moderateRequestFromWire,
    require: requireInputs,
    ask: (inference, request, context, signal) => inference.moderate(request, context, signal),
    responseToWire: moderateResponseToWire,
    responseFromWire: moderateResponseFromWire,
  },
  transcribe: {
    requestToWire: transcribeRequestToWire,
    requestFromWire: transcribeRequestFromWire,
    require: requireAudio,
    ask: (inference, request, context, signal) => inference.transcribe(request, context, signal),
    responseToWire: transcribeResponseToWire,
    responseFromWire: transcribeResponseFromWire,
  },
  countTokens: {
    requestToWire: predictRequestToWire,
    requestFromWire: predictRequestFromWire,
    require: requireQuestion,
    ask: (inference, request, context, signal) => inference.countTokens(request, context, signal),
    responseToWire: tokenCountToWire,
    responseFromWire: tokenCountFromWire,
  },
  infer: {
    requestToWire: inferRequestToWire,
    requestFromWire: inferRequestFromWire,
    require: requireTensors,
    ask: (inference, request, context, signal) => inference.infer(request, context, signal),
    responseToWire: inferResponseToWire,
    responseFromWire: inferResponseFromWire,
  },
  tensorMetadata: {
    requestToWire: (request) => request,
    requestFromWire: (request) => request,
    require: requireModel,
    ask: (inference, request, context, signal) => inference.tensorMetadata(request, context, signal),
    responseToWire: tensorMetadataToWire,
    responseFromWire: tensorMetadataFromWire,
  },
  listModels: {
    requestToWire: () => ({}),
    requestFromWire: () => undefined,
    require: () => undefined,
    ask: (inference, _request, context, signal) => inference.listModels(context, signal),
    responseToWire: modelsToWire,
    responseFromWire: modelsFromWire,
  },
};

/** What a server does with a request: reads it, has it answered, and writes the answer. Rejects with what any of these throws. */
export async function answerOperation<Name extends OperationName>(
  inference: Inference,
  name: Name,
  wireRequest: WireRequestOf<Name>,
  context: CallContext,
  signal: AbortSignal,
): Promise<WireResponseOf<Name>> {
  const operation: OperationOf<Name> = operations[name];
  const request = operation.requestFromWire(wireRequest);
  operation.require(request);
  return operation.responseToWire(await operation.ask(inference, request, context, signal));
}
