// The parts of an answer as output items and as the events that tell of them. Whole answers go the same way as streams, with
// nobody listening to the events, so that the two forms cannot differ.

import { joinFields } from '../../../core/join-fields.ts';
import type { JsonObject } from '../../../core/json.ts';
import {
  isMessageContent,
  isMessageFields,
  isMessageHead,
  isProgressEvent,
  type OpaqueValue,
} from '../../../core/opaque-part.ts';
import { type AnswerPart, isEmptyDelta } from '../../../core/predict.ts';
import type { Ids } from '../../../ports/ids.ts';
import { CallItems } from './call-items.ts';
import { carrierOf } from './carrier-item.ts';
import { MessageItem } from './message-item.ts';
import { type EmitEvent, type ItemStatus, OutputState } from './output-state.ts';
import { ReasoningItem } from './reasoning-item.ts';
import { VendorItems } from './vendor-items.ts';

/** A part between `start` and `end`. */
export type ContentDelta = Exclude<AnswerPart, { type: 'start' | 'end' }>;

/**
 * The items of one answer. At most one message or one reasoning item is open; it is closed when another item begins. Calls
 * stay open until their arguments are whole or the answer ends, as more of them may come while another is written.
 */
export class OutputItems {
  readonly #state: OutputState;
  readonly #calls: CallItems;
  readonly #vendor: VendorItems;
  readonly #otherContent: JsonObject[] = [];
  #message: MessageItem | undefined;
  #reasoning: ReasoningItem | undefined;
  readonly #fields: JsonObject = {};

  constructor(ids: Ids, emit: EmitEvent) {
    this.#state = new OutputState(ids, emit);
    this.#calls = new CallItems(this.#state);
    this.#vendor = new VendorItems(this.#state);
  }

  /** The items as far as they have come, in the order in which they began. */
  get items(): readonly JsonObject[] {
    return this.#state.items;
  }

  /**
   * What the provider said that has no place in an item: fields of chat completions' messages, and content of other dialects.
   * For the response object.
   */
  get remainder(): JsonObject {
    return {
      ...(Object.keys(this.#fields).length === 0 ? {} : { provider_fields: this.#fields }),
      ...(this.#otherContent.length === 0 ? {} : { provider_content: this.#otherContent }),
    };
  }

  /** Adds one part, in stream order. Throws `upstream_malformed` for a part that cannot be, and for too much of them. */
  add(part: ContentDelta): void {
    switch (part.type) {
      case 'text-delta':
        // An empty delta begins no message.
        if (!isEmptyDelta(part)) this.#messageInProgress().addText(part);
        return;
      case 'refusal-delta':
        this.#messageInProgress().addRefusal(part.text);
        return;
      case 'reasoning-delta':
        this.#addReasoning(part);
        return;
      case 'tool-call-start':
        this.#settle();
        this.#calls.start(part);
        return;
      case 'tool-call-delta':
        this.#calls.addArguments(part.index, part.argumentsDelta);
        return;
      case 'opaque-delta':
        if (part.dialect === 'openai-responses') this.#addOwn(part);
        else if (isMessageFields(part)) this.#addChatFields(part.value);
        else this.#carry(part);
    }
  }

  /** Closes what is open. With `incomplete`, the item that was being made is incomplete. */
  finish(status: ItemStatus): void {
    this.#message?.close(status);
    this.#reasoning?.close(status);
    this.#message = undefined;
    this.#reasoning = undefined;
    this.#calls.close(status);
  }

  #messageInProgress(): MessageItem {
    if (this.#message === undefined) {
      this.#settle();
      this.#message = new MessageItem(this.#state, {});
    }
    return this.#message;
  }

  #addReasoning(delta: Extract<ContentDelta, { type: 'reasoning-delta' }>): void {
    if (this.#reasoning?.continuesWith(delta) !== true) {
      this.#settle();
      this.#reasoning = new ReasoningItem(this.#state, delta);
    }
    this.#reasoning.add(delta);
  }

  /** Another item begins: what was being made before it is whole. */
  #settle(): void {
    this.#message?.close('completed');
    this.#reasoning?.close('completed');
    this.#message = undefined;
    this.#reasoning = undefined;
    this.#calls.closeWhole();
  }

  /** A part of this API: progress, the head of a message, a part of its content, or an item. */
  #addOwn(part: OpaqueValue): void {
    const { value } = part;
    if (isProgressEvent(part)) {
      if (VendorItems.announces(value)) this.#settle();
      this.#vendor.progress(value);
    } else if (isMessageHead(part)) {
      this.#settle();
      this.#message = new MessageItem(this.#state, value);
    } else if (isMessageContent(part)) this.#messageInProgress().addOther(value);
    else {
      this.#settle();
      this.#vendor.finish(value);
    }
  }

  /** Fields of a message of chat completions: its custom calls are items, the others are kept for the response. */
  #addChatFields({ tool_calls: calls, ...fields }: JsonObject): void {
    if (Array.isArray(calls)) {
      this.#settle();
      for (const call of calls) {
        if (!this.#calls.addCustom(call)) this.#carry({ dialect: 'openai', value: { tool_calls: [call] } });
      }
    }
    if (Object.keys(fields).length === 0) return;
    this.#state.hold(JSON.stringify(fields).length);
    joinFields(this.#fields, fields);
  }

  /** A part without a form here, as an item: the turn can be made again of the items alone. */
  #carry(part: OpaqueValue): void {
    this.#settle();
    const item = carrierOf(part, this.#state);
    this.#vendor.finish(item);
    if (item['type'] !== 'reasoning') return;
    this.#state.hold(JSON.stringify(part.value).length);
    this.#otherContent.push({ dialect: part.dialect, ...part.value });
  }
}
