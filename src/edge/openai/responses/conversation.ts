// The conversation that a request goes on from: the answers before it, and the items that it refers to by id. Sluice holds
// this state itself; no provider is asked to.

import { SluiceError } from '../../../core/error.ts';
import type { JsonObject } from '../../../core/json.ts';
import { maxChainLength, maxConversationChars, maxItemReferences } from './defaults.ts';
import { inputOfResource } from './input-resource.ts';
import { invalid } from './invalid.ts';
import { itemNotFound } from './parse-items.ts';
import type { ResponseCall } from './parse-request.ts';
import { type KeptResponse, outputOf, type ResponseVault, type VaultCall } from './response-vault.ts';

/** The items of a request with everything before them. */
export interface Conversation {
  /** Those of earlier answers, oldest first: the input and then the output of each. */
  readonly before: readonly JsonObject[];
  /** The request's own, with each reference replaced by what it refers to. */
  readonly input: readonly JsonObject[];
}

/** True when the request refers to nothing that is kept: then its input is the whole conversation. */
export function standsAlone({ previousResponseId, input }: ResponseCall): boolean {
  return previousResponseId === undefined && !input.some((item) => referredId(item) !== undefined);
}

/**
 * Rebuilds the conversation. Instructions of earlier answers are not carried over, as at OpenAI. Throws
 * `previous_response_not_found` when an answer of the chain is not kept (any more), `invalid_request` when one of them was not
 * finished, when it is all too long, or when an item is not found, and `store_unavailable`.
 */
export async function openConversation(
  call: VaultCall,
  asked: ResponseCall,
  vault: ResponseVault | undefined,
): Promise<Conversation> {
  if (vault === undefined) return withoutStore(asked);
  const chain = await loadChain(call, asked.previousResponseId, vault);
  const before = chain.flatMap(({ body, input }) => [...input.map(inputOfResource), ...outputOf(body)]);
  return { before, input: await resolveReferences(call, asked.input, before, vault) };
}

function withoutStore({ previousResponseId, input }: ResponseCall): Conversation {
  if (previousResponseId === undefined) return { before: [], input };
  throw new SluiceError('unsupported_capability', {
    message: 'This server keeps no responses: send the whole conversation as input.',
    param: 'previous_response_id',
  });
}

/** The answers, oldest first. */
async function loadChain(call: VaultCall, last: string | undefined, vault: ResponseVault): Promise<KeptResponse[]> {
  const chain: KeptResponse[] = [];
  let chars = 0;
  let next = last;
  while (next !== undefined) {
    if (chain.length === maxChainLength) throw tooLong(`${maxChainLength} answers`);
    const kept = await vault.load(call, next);
    if (kept === undefined) throw notFound(next);
    refuseUnfinished(kept);
    chars += kept.chars;
    if (chars > maxConversationChars) throw tooLong(`${maxConversationChars} characters`);
    chain.push(kept);
    next = kept.previousId;
  }
  return chain.reverse();
}

function notFound(id: string): SluiceError {
  return new SluiceError('previous_response_not_found', {
    message: `Previous response with id '${id.slice(0, 100)}' not found.`,
    param: 'previous_response_id',
  });
}

function tooLong(bound: string): SluiceError {
  return new SluiceError('invalid_request', {
    message: `The conversation before this request has more than ${bound}: begin a new one.`,
    param: 'previous_response_id',
  });
}

/** What was cut short by a failure is no turn to go on from; an answer that reached its limit is. */
function refuseUnfinished({ id, body }: KeptResponse): void {
  const { status } = body;
  if (status === 'completed' || status === 'incomplete') return;
  throw new SluiceError('invalid_request', {
    message: `Previous response with id '${id}' is ${String(status)}: it cannot be continued.`,
    param: 'previous_response_id',
  });
}

/**
 * What an item refers to by its id: a reference to the item; reasoning that the caller sends back without its encrypted form,
 * which it may not have asked to see.
 */
function referredId(item: JsonObject): string | undefined {
  const { type, id, role } = item;
  if (typeof id !== 'string') return undefined;
  if (type === 'item_reference' || (type == null && role === undefined)) return id;
  const isBare = type === 'reasoning' && item['encrypted_content'] == null;
  return isBare ? id : undefined;
}

async function resolveReferences(
  call: VaultCall,
  input: readonly JsonObject[],
  before: readonly JsonObject[],
  vault: ResponseVault,
): Promise<readonly JsonObject[]> {
  const wanted = new Set(input.flatMap((item) => referredId(item) ?? []));
  if (wanted.size === 0) return input;
  if (wanted.size > maxItemReferences) throw invalid('input', `refers to more than ${maxItemReferences} items`);
  const found = new Map(
    before.filter(({ id }) => typeof id === 'string' && wanted.has(id)).map((item) => [item['id'], item]),
  );
  const holders = await vault.locate(
    call,
    [...wanted].filter((id) => !found.has(id)),
  );
  let chars = 0;
  for (const responseId of new Set(holders.values())) {
    const kept = await vault.load(call, responseId);
    chars += kept?.chars ?? 0;
    if (chars > maxConversationChars)
      throw invalid('input', `refers to answers of more than ${maxConversationChars} characters`);
    for (const item of outputOf(kept?.body ?? {})) if (wanted.has(String(item['id']))) found.set(item['id'], item);
  }
  return input.map((item, index) => {
    const id = referredId(item);
    if (id === undefined) return item;
    const kept = found.get(id);
    if (item['type'] !== 'reasoning' && kept === undefined) throw itemNotFound(id, `input[${index}]`);
    // Reasoning of unknown origin is left as it is; whether it is of use is the provider's to say.
    return kept ?? item;
  });
}
