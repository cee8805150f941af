// Conversations that a vendor holds: begun outside Sluice, or with a conversation object. What came before is not here, so
// such a call goes on under its own names, and only a target of the same API can answer it.

import { SluiceError, toSluiceError } from '../../../core/error.ts';
import type { JsonObject } from '../../../core/json.ts';
import type { PredictPart } from '../../../core/predict.ts';
import type { ResponseCall } from './parse-request.ts';

/**
 * What tells the vendor which conversation is meant, and whether it may keep the answer: as the caller says, since an answer that
 * the vendor does not keep cannot be continued there. Of all other calls Sluice asks no vendor to keep anything.
 */
export function vendorFields({ previousResponseId, conversation, store }: ResponseCall): JsonObject {
  return {
    ...(previousResponseId === undefined ? {} : { previous_response_id: previousResponseId }),
    ...(conversation === undefined ? {} : { conversation }),
    store,
  };
}

/** `previous_response_not_found`, in OpenAI's words; `advice` comes behind them. */
export function responseNotFound(id: string, advice = ''): SluiceError {
  return new SluiceError('previous_response_not_found', {
    message: `Previous response with id '${id.slice(0, 100)}' not found.${advice}`,
    param: 'previous_response_id',
  });
}

/**
 * Throws what OpenAI answers of an id that it does not know, and says what would let it through. A vendor knows accounts, not
 * tenants: whoever named another tenant's id would get its conversation.
 */
export function refuseUnknown({ previousResponseId, conversation }: ResponseCall): never {
  const advice = ' Sluice passes ids that only a provider knows on where its setting responses.passUnknown is on.';
  if (previousResponseId !== undefined) throw responseNotFound(previousResponseId, advice);
  const id = typeof conversation === 'string' ? conversation : conversation?.['id'];
  const message = `Conversation with id '${String(id).slice(0, 100)}' not found.${advice}`;
  throw new SluiceError('not_found', { message, param: 'conversation' });
}

/**
 * The failure as the caller should hear of it: a target that has no form for the id, or that misses what the new input goes on
 * from (a tool's result without its call), cannot have the response. What a vendor itself said stays as it is.
 */
export function failureOfVendorCall({ previousResponseId }: ResponseCall, thrown: unknown): SluiceError {
  const error = toSluiceError(thrown);
  if (previousResponseId === undefined || error.upstream !== undefined) return error;
  const isRefusedId = error.reason === 'unsupported_capability' && error.param === 'previous_response_id';
  return isRefusedId || error.reason === 'invalid_request' ? responseNotFound(previousResponseId) : error;
}

/** The parts, with their failure as the caller should hear of it. */
export async function* partsOfVendorCall(
  asked: ResponseCall,
  parts: AsyncIterable<PredictPart>,
): AsyncGenerator<PredictPart> {
  try {
    yield* parts;
  } catch (thrown) {
    throw failureOfVendorCall(asked, thrown);
  }
}

/** `unsupported_capability` or `previous_response_not_found`, for a count that was only guessed from the new input. */
export function refuseGuess(asked: ResponseCall): never {
  if (asked.previousResponseId !== undefined) throw responseNotFound(asked.previousResponseId);
  throw new SluiceError('unsupported_capability', {
    message: 'The provider of the model cannot count the tokens of a conversation object.',
    param: 'conversation',
  });
}
