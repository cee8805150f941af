// Port ResponseStore: where answers of the Responses API are kept, so that callers can fetch them, refer to their items and
// go on from them. What is in them is the edge's business: here they are texts.

/** An answer and what it was an answer to. */
export interface StoredResponse {
  /** Whose it is: nobody else can find it by any method of the store. */
  readonly tenantId: string;
  /** `resp_…`, unique. */
  readonly id: string;
  readonly createdAtMs: number;
  /** The answer that this one continues. */
  readonly previousId?: string;
  /** The response object, as JSON text. */
  readonly body: string;
  /** The input items of its own request, without those of earlier answers, as the JSON text of a list. */
  readonly input: string;
  /** Ids of its output items, by which later requests may refer to them. */
  readonly itemIds: readonly string[];
}

/**
 * Keeps answers for a time that whoever makes the store chooses; an expired answer is not found by any method, whether or not
 * it is still on the disk. Every method rejects with `store_unavailable` when the store cannot be reached.
 */
export interface ResponseStore {
  /** Durable when it resolves. Rejects with `already_exists` when the tenant has an answer of that id. */
  put(response: StoredResponse): Promise<void>;

  /** The tenant's answer; undefined when there is none. */
  get(tenantId: string, id: string): Promise<StoredResponse | undefined>;

  /** Forgets the tenant's answer and the ids of its items. False when there was none. */
  delete(tenantId: string, id: string): Promise<boolean>;

  /**
   * Which of the tenant's answers hold the items: the id of the newest such answer by the id of the item. Items that are not
   * found are left out. At most 1,000 ids a call.
   */
  locateItems(tenantId: string, itemIds: readonly string[]): Promise<ReadonlyMap<string, string>>;
}
