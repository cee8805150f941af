// The conversation that a request goes on from: the answers before it, and the items that it refers to by id. Sluice holds
// this state itself; what it does not hold is a vendor's (vendor-conversation.ts).

import { SluiceError } from '../../../core/error.ts';
import type { JsonObject } from '../../../core/json.ts';
import { maxChainLength, maxConversationChars, maxItemReferences } from './defaults.ts';
import { inputOfResource } from './input-resource.ts';
import { invalid } from './invalid.ts';
import type { ResponseCall } from './parse-request.ts';
import { type KeptResponse, outputOf, type ResponseVault, type VaultCall } from './response-vault.ts';
import { refuseUnknown, responseNotFound } from './vendor-conversation.ts';

/** The items of a request with everything before them. */
export interface Conversation {
  /** Those of earlier answers, oldest first: the input and then the output of each. */
  readonly before: readonly JsonObject[];
  /** The request's own, with each reference replaced by what it refers to. */
  readonly input: readonly JsonObject[];
  /** True when what came before is not here, and only the vendor that the caller means can have it. */
  readonly isVendors: boolean;
}

/** Where earlier answers are looked for. */
export interface Past {
  /** Absent: nothing is kept here. */
  readonly vault: ResponseVault | undefined;
  /** True: what is not kept here may be a vendor's. */
  readonly passUnknown: boolean;
}

/** True when the request refers to nothing: then its input is the whole conversation. */
export function standsAlone({ previousResponseId, conversation, input }: ResponseCall): boolean {
  const hasPast = previousResponseId !== undefined || conversation !== undefined;
  return !hasPast && !input.some((item) => referredId(item) !== undefined);
}

/**
 * Rebuilds the conversation. Instructions of earlier answers are not carried over, as at OpenAI. A conversation object, and an
 * answer that the tenant has not kept here, are a vendor's where `passUnknown` lets them through: nothing comes before the input,
 * and references in it that are not found here are left to the vendor.
 *
 * Throws `previous_response_not_found` when an answer is not kept (any more), `not_found` for a conversation object,
 * `invalid_request` when an answer was not finished, when it is all too long, or when an item is not found, and
 * `store_unavailable`.
 */
export async function openConversation(
  call: VaultCall,
  asked: ResponseCall,
  { vault, passUnknown }: Past,
): Promise<Conversation> {
  const { previousResponseId } = asked;
  const chain = previousResponseId === undefined ? [] : await loadChain(call, previousResponseId, vault);
  const isVendors = asked.conversation !== undefined || chain === undefined;
  if (isVendors && !passUnknown) refuseUnknown(asked);
  const before = (chain ?? []).flatMap(({ body, input }) => [...input.map(inputOfResource), ...outputOf(body)]);
  const input = await resolveReferences(call, asked.input, { before, vault, isVendors });
  return { before, input, isVendors };
}

/** The answers, oldest first; undefined when the last one is not here at all. */
async function loadChain(
  call: VaultCall,
  last: string,
  vault: ResponseVault | undefined,
): Promise<KeptResponse[] | undefined> {
  const chain: KeptResponse[] = [];
  let chars = 0;
  let next: string | undefined = last;
  while (next !== undefined) {
    if (chain.length === maxChainLength) throw tooLong(`${maxChainLength} answers`);
    const kept: KeptResponse | undefined = await vault?.load(call, next);
    if (kept === undefined) {
      if (next === last) return undefined;
      throw responseNotFound(next);
    }
    refuseUnfinished(kept);
    chars += kept.chars;
    if (chars > maxConversationChars) throw tooLong(`${maxConversationChars} characters`);
    chain.push(kept);
    next = kept.previousId;
  }
  return chain.reverse();
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

interface Holders {
  readonly before: readonly JsonObject[];
  readonly vault: ResponseVault | undefined;
  readonly isVendors: boolean;
}

async function resolveReferences(
  call: VaultCall,
  input: readonly JsonObject[],
  { before, vault, isVendors }: Holders,
): Promise<readonly JsonObject[]> {
  const wanted = new Set(input.flatMap((item) => referredId(item) ?? []));
  if (wanted.size === 0) return input;
  if (wanted.size > maxItemReferences) throw invalid('input', `refers to more than ${maxItemReferences} items`);
  const found = new Map(
    before.filter(({ id }) => typeof id === 'string' && wanted.has(id)).map((item) => [item['id'], item]),
  );
  const holders = await vault?.locate(
    call,
    [...wanted].filter((id) => !found.has(id)),
  );
  let chars = 0;
  for (const responseId of new Set(holders?.values())) {
    const kept = await vault?.load(call, responseId);
    chars += kept?.chars ?? 0;
    if (chars > maxConversationChars)
      throw invalid('input', `refers to answers of more than ${maxConversationChars} characters`);
    for (const item of outputOf(kept?.body ?? {})) if (wanted.has(String(item['id']))) found.set(item['id'], item);
  }
  return input.map((item, index) => {
    const id = referredId(item);
    if (id === undefined) return item;
    const kept = found.get(id);
    if (kept !== undefined) return kept;
    // Reasoning of unknown origin is left as it is; whether it is of use is the provider's to say.
    if (item['type'] === 'reasoning') return item;
    if (!isVendors) throw itemNotFound(id, `input[${index}]`);
    return { ...item, type: 'item_reference' };
  });
}

function itemNotFound(id: string, param: string): SluiceError {
  return new SluiceError('invalid_request', { message: `Item with id '${id.slice(0, 100)}' not found.`, param });
}
