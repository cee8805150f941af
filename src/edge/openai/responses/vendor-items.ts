// Items of the answer that only OpenAI makes (searches, code, pictures, MCP calls, …) and the events that tell how far they
// are. They pass as they came; only their places are counted anew, with the other items.

import type { JsonObject } from '../../../core/json.ts';
import type { OutputState } from './output-state.ts';

/** The vendor's own items of one answer. */
export class VendorItems {
  readonly #state: OutputState;
  /** Our index of an item that has begun, by its id and by the vendor's index. */
  readonly #byId: Map<string, number> = new Map();
  readonly #byVendorIndex: Map<unknown, number> = new Map();
  readonly #open: Set<number> = new Set();

  constructor(state: OutputState) {
    this.#state = state;
  }

  /** True when the event announces an item. */
  static announces({ type }: JsonObject): boolean {
    return type === 'response.output_item.added';
  }

  /**
   * An event in between, without its sequence number. One that is about the whole response, or about an item that is not
   * here, is left out: callers' SDKs fail over an item that they have not been told of.
   */
  progress(event: JsonObject): void {
    const { type, item, output_index: vendorIndex, ...fields } = event;
    if (typeof type !== 'string' || fields['response'] !== undefined) return;
    if (VendorItems.announces(event)) {
      if (typeof item === 'object' && item !== null && !Array.isArray(item)) this.#begin(item, vendorIndex);
      return;
    }
    const shownItem = item === undefined ? {} : { item };
    if (vendorIndex === undefined) {
      this.#state.emit(type, { ...fields, ...shownItem });
      return;
    }
    const index =
      this.#byId.get(String(fields['item_id'])) ?? this.#byVendorIndex.get(vendorIndex) ?? this.#placeOf(fields);
    if (index !== undefined) this.#state.emit(type, { ...fields, ...shownItem, output_index: index });
  }

  /** An item, whole. It is begun when it was not announced. */
  finish(item: JsonObject): void {
    this.#state.hold(JSON.stringify(item).length);
    const known = typeof item['id'] === 'string' ? this.#byId.get(item['id']) : undefined;
    const isOpen = known !== undefined && this.#open.has(known);
    const index = isOpen ? known : this.#begin(item, undefined);
    this.#open.delete(index);
    this.#state.close(index, item);
  }

  #begin(item: JsonObject, vendorIndex: unknown): number {
    const index = this.#state.open(announced(item));
    if (typeof item['id'] === 'string') this.#byId.set(item['id'], index);
    if (vendorIndex !== undefined) this.#byVendorIndex.set(vendorIndex, index);
    this.#open.add(index);
    return index;
  }

  /** Events that are not known here may be about an item that is. */
  #placeOf({ item_id: id }: JsonObject): number | undefined {
    const index = id === undefined ? -1 : this.#state.items.findLastIndex((item) => item['id'] === id);
    return index === -1 ? undefined : index;
  }
}

/**
 * OpenAI announces a search without its action, which its document demands: what is looked for is not known yet. A picture is
 * announced without itself: its end has it.
 */
function announced(item: JsonObject): JsonObject {
  if (item['type'] === 'image_generation_call') return { ...item, status: 'in_progress', result: null };
  const isBareSearch = item['type'] === 'web_search_call' && item['action'] === undefined;
  return isBareSearch ? { ...item, action: { type: 'search', query: '' } } : item;
}
