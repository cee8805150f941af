// The ResponseStore as the routes use it: for the tenant of a call and no other, with bounded waits, and in JSON instead of
// text. The only file of the edge that holds the store, so that nothing can reach another tenant's answers.

import { SluiceError, toSluiceError } from '../../../core/error.ts';
import { parseExactJson } from '../../../core/exact-json.ts';
import { isJsonObject, type JsonObject } from '../../../core/json.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { ResponseStore, StoredResponse } from '../../../ports/response-store.ts';
import type { EdgeCall } from '../../call.ts';
import { loadTimeoutMs, maxStoredChars, saveTimeoutMs } from './defaults.ts';

/** A kept answer. */
export interface KeptResponse {
  readonly id: string;
  readonly previousId: string | undefined;
  readonly body: JsonObject;
  /** The input items of its own request. */
  readonly input: readonly JsonObject[];
  /** Characters that it takes. */
  readonly chars: number;
}

/** An answer to keep. */
export interface ResponseToKeep {
  readonly id: string;
  readonly createdAtMs: number;
  readonly previousId: string | undefined;
  readonly body: JsonObject;
  readonly input: readonly JsonObject[];
}

/** What of a call the vault needs. */
export type VaultCall = Pick<EdgeCall, 'context' | 'requestId' | 'runtime'>;

/** The answers of the tenant of a call. */
export interface ResponseVault {
  /** The answer; undefined when the tenant has none. Rejects with `store_unavailable`. */
  load(call: VaultCall, id: string): Promise<KeptResponse | undefined>;

  /** Which answers hold the items. Rejects with `store_unavailable`. */
  locate(call: VaultCall, itemIds: readonly string[]): Promise<ReadonlyMap<string, string>>;

  /** Forgets the answer. False when the tenant has none. Rejects with `store_unavailable`. */
  remove(call: VaultCall, id: string): Promise<boolean>;

  /**
   * Keeps the answer. False when that was not possible in time or it is too large: logged and counted, never thrown, since the
   * answer itself is there. An answer that is kept too late is removed again, as its caller was told that it is not kept.
   */
  save(call: VaultCall, response: ResponseToKeep): Promise<boolean>;
}

/** A vault over a store. */
export function createResponseVault(store: ResponseStore, clock: Clock): ResponseVault {
  return {
    async load({ context }, id) {
      const stored = await inTime(store.get(context.tenantId, id), loadTimeoutMs, clock);
      return stored === undefined ? undefined : fromStored(stored);
    },
    locate: ({ context }, itemIds) => inTime(store.locateItems(context.tenantId, itemIds), loadTimeoutMs, clock),
    remove: ({ context }, id) => inTime(store.delete(context.tenantId, id), loadTimeoutMs, clock),
    async save(call, response) {
      const { tenantId } = call.context;
      const stored = toStored(tenantId, response);
      const chars = stored.body.length + stored.input.length;
      if (chars > maxStoredChars) {
        noteLoss(call, 'too_large', `${chars} characters`);
        return false;
      }
      const put = store.put(stored);
      try {
        await inTime(put, saveTimeoutMs, clock);
        return true;
      } catch (thrown) {
        const { reason, detail } = toSluiceError(thrown);
        noteLoss(call, reason, detail);
        put
          .then(
            () => store.delete(tenantId, response.id),
            () => false,
          )
          .catch((late: unknown) => noteLoss(call, 'late', toSluiceError(late).detail));
        return false;
      }
    },
  };
}

function noteLoss({ runtime, requestId }: VaultCall, reason: string, detail: string | undefined): void {
  runtime.metrics.add('sluice_responses_not_stored_total', [reason]);
  runtime.log.warn({ requestId, reason, detail }, 'a response was answered but not stored');
}

/** Rejects with `store_unavailable` when the store takes longer. */
async function inTime<T>(work: Promise<T>, withinMs: number, clock: Clock): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = clock.setTimer(withinMs, () =>
    reject(new SluiceError('store_unavailable', { detail: `no answer within ${withinMs} ms` })),
  );
  try {
    return await Promise.race([work, late]);
  } finally {
    timer.cancel();
  }
}

function toStored(tenantId: string, { id, createdAtMs, previousId, body, input }: ResponseToKeep): StoredResponse {
  return {
    tenantId,
    id,
    createdAtMs,
    ...(previousId === undefined ? {} : { previousId }),
    body: JSON.stringify(body),
    input: JSON.stringify(input),
    itemIds: outputOf(body).flatMap((item) => (typeof item['id'] === 'string' ? [item['id']] : [])),
  };
}

function fromStored({ id, previousId, body, input }: StoredResponse): KeptResponse {
  const value: unknown = parseExactJson(body);
  const items: unknown = parseExactJson(input);
  if (!isJsonObject(value) || !Array.isArray(items)) {
    throw new SluiceError('internal', { detail: `the stored response ${id} is not what was stored` });
  }
  return { id, previousId, body: value, input: items.filter(isJsonObject), chars: body.length + input.length };
}

/** The output items of a response object. */
export function outputOf(response: JsonObject): JsonObject[] {
  const { output } = response;
  return Array.isArray(output) ? output.filter(isJsonObject) : [];
}
