// A reasoning item of the answer while it is made. OpenAI's own are made again as they were; the reasoning of other vendors is
// shown as summaries, since that is what the clients of this API show.

import type { JsonObject } from '../../../core/json.ts';
import type { PredictPart } from '../../../core/predict.ts';
import type { ItemStatus, OutputState } from './output-state.ts';
import { encodeProof, type ReasoningProof } from './reasoning-proof.ts';

type ReasoningDelta = Extract<PredictPart, { type: 'reasoning-delta' }>;

/** Where a piece stands in the item: among the summaries, or, as raw reasoning, among the content. */
type Field = 'summary' | 'content';

interface PieceText extends JsonObject {
  readonly type: 'summary_text' | 'reasoning_text';
  text: string;
}

/** A piece, with the fields of its events that say which it is. */
interface Piece {
  readonly field: Field;
  readonly place: JsonObject;
  readonly wire: PieceText;
}

/** One item: `output_item.added`, its pieces one after the other, `output_item.done`. */
export class ReasoningItem {
  readonly #state: OutputState;
  readonly #item: JsonObject;
  readonly #index: number;
  readonly #summary: JsonObject[] = [];
  readonly #content: JsonObject[] = [];
  /** The item's id at the vendor; undefined for other vendors. */
  readonly #vendorId: unknown;
  readonly #isOwn: boolean;
  #piece: Piece | undefined;
  #proof: ReasoningProof = {};

  constructor(state: OutputState, first: ReasoningDelta) {
    const id = first.extra?.['id'];
    this.#state = state;
    this.#vendorId = id;
    this.#isOwn = isOwn(first);
    this.#item = {
      id: typeof id === 'string' ? id : state.nextId('rs_'),
      type: 'reasoning',
      summary: this.#summary,
    };
    this.#index = state.open(this.#item);
  }

  /**
   * Whether a delta goes on with this item. OpenAI's pieces share the id of their item; of other vendors each block is an item,
   * and nothing follows a proof.
   */
  continuesWith(delta: ReasoningDelta): boolean {
    if (!this.#isOwn) {
      const isSealed = this.#proof.signature !== undefined || this.#proof.encrypted !== undefined;
      return !isOwn(delta) && delta.startsBlock === undefined && !isSealed;
    }
    const id = delta.extra?.['id'];
    return id === undefined ? delta.startsBlock === undefined || isOwn(delta) : id === this.#vendorId;
  }

  add(delta: ReasoningDelta): void {
    const { text, extra, startsBlock } = delta;
    if (text !== '') this.#addText(fieldOf(extra) ?? this.#piece?.field ?? 'summary', text, startsBlock === true);
    if (this.#isOwn) this.#addOwnFields(delta);
    else this.#addProof(delta);
  }

  close(status: ItemStatus): void {
    this.#endPiece();
    const proof = this.#isOwn ? undefined : encodeProof(this.#proof);
    if (proof !== undefined) this.#item['encrypted_content'] = proof;
    // OpenAI says the status of some reasoning items only; one that was cut short must not look whole.
    if (status === 'incomplete' || this.#item['status'] !== undefined) this.#item['status'] = status;
    this.#state.close(this.#index, this.#item);
  }

  #addText(field: Field, text: string, startsPiece: boolean): void {
    let piece = this.#piece;
    if (piece === undefined || piece.field !== field || startsPiece) piece = this.#beginPiece(field);
    this.#state.hold(text.length);
    piece.wire.text += text;
    this.#state.emit(words[piece.field].delta, { delta: text }, piece.place);
  }

  #beginPiece(field: Field): Piece {
    this.#endPiece();
    const wire: PieceText = { type: words[field].type, text: '' };
    const index = (field === 'summary' ? this.#summary : this.#content).push(wire) - 1;
    if (field === 'content') this.#item['content'] = this.#content;
    const item = { item_id: this.#item['id'] ?? '', output_index: this.#index };
    const place = field === 'summary' ? { ...item, summary_index: index } : { ...item, content_index: index };
    const piece: Piece = { field, place, wire };
    this.#piece = piece;
    this.#state.emit(words[field].added, { part: wire }, place);
    return piece;
  }

  #endPiece(): void {
    if (this.#piece === undefined) return;
    const { field, place, wire } = this.#piece;
    this.#state.emit(words[field].textDone, { text: wire.text }, place);
    this.#state.emit(words[field].done, { part: wire }, place);
    this.#piece = undefined;
  }

  #addOwnFields({ encrypted, extra = {} }: ReasoningDelta): void {
    const { id: _, type: __, ...fields } = extra;
    if (encrypted !== undefined) {
      this.#state.hold(encrypted.length);
      this.#item['encrypted_content'] = encrypted;
    }
    Object.assign(this.#item, fields);
  }

  #addProof({ signature, encrypted, extra }: ReasoningDelta): void {
    this.#state.hold((signature?.length ?? 0) + (encrypted?.length ?? 0));
    this.#proof = {
      ...this.#proof,
      ...(signature === undefined ? {} : { signature }),
      ...(encrypted === undefined ? {} : { encrypted }),
      ...(extra === undefined ? {} : { extra: { ...this.#proof.extra, ...extra } }),
    };
  }
}

/** Names of pieces and of their events. */
const words = {
  summary: {
    type: 'summary_text',
    added: 'response.reasoning_summary_part.added',
    delta: 'response.reasoning_summary_text.delta',
    textDone: 'response.reasoning_summary_text.done',
    done: 'response.reasoning_summary_part.done',
  },
  content: {
    type: 'reasoning_text',
    added: 'response.content_part.added',
    delta: 'response.reasoning_text.delta',
    textDone: 'response.reasoning_text.done',
    done: 'response.content_part.done',
  },
} as const;

/** True for reasoning of the Responses API itself: providers give it the type of its piece, its item's id, or both. */
function isOwn({ extra }: ReasoningDelta): boolean {
  return fieldOf(extra) !== undefined || typeof extra?.['id'] === 'string';
}

function fieldOf(extra: JsonObject | undefined): Field | undefined {
  const type = extra?.['type'];
  if (type === 'summary_text') return 'summary';
  return type === 'reasoning_text' ? 'content' : undefined;
}
