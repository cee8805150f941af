// The methods of the port that have one answer, at a client: the same for every transport but for how a message is carried.

import type { CallContext } from '../../core/call-context.ts';
import type { Inference } from '../../ports/inference.ts';
import {
  type OperationName,
  type OperationOf,
  operations,
  type RequestOf,
  type ResponseOf,
  type WireRequestOf,
  type WireResponseOf,
} from '../operations.ts';

/** Takes a request to the far side and brings its response back. Rejects with a SluiceError. */
export type Carry = <Name extends OperationName>(
  name: Name,
  request: WireRequestOf<Name>,
  context: CallContext,
  signal: AbortSignal,
) => Promise<WireResponseOf<Name>>;

/** Every method but predictStream. */
export function createOperationMethods(carry: Carry): Omit<Inference, 'predictStream'> {
  const call = async <Name extends OperationName>(
    name: Name,
    request: RequestOf<Name>,
    context: CallContext,
    signal: AbortSignal,
  ): Promise<ResponseOf<Name>> => {
    const operation: OperationOf<Name> = operations[name];
    return operation.responseFromWire(await carry(name, operation.requestToWire(request), context, signal));
  };
  return {
    predict: (request, context, signal) => call('predict', request, context, signal),
    embed: (request, context, signal) => call('embed', request, context, signal),
    rank: (request, context, signal) => call('rank', request, context, signal),
    classify: (request, context, signal) => call('classify', request, context, signal),
    moderate: (request, context, signal) => call('moderate', request, context, signal),
    transcribe: (request, context, signal) => call('transcribe', request, context, signal),
    countTokens: (request, context, signal) => call('countTokens', request, context, signal),
    infer: (request, context, signal) => call('infer', request, context, signal),
    tensorMetadata: (request, context, signal) => call('tensorMetadata', request, context, signal),
    listModels: (context, signal) => call('listModels', undefined, context, signal),
  };
}
