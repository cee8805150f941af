// A message of the answer while it is made: its texts and refusals, and the events that tell of them.

import type { JsonObject, JsonValue } from '../../../core/json.ts';
import type { PredictPart } from '../../../core/predict.ts';
import { annotationOf, blockAnnotationOf } from '../annotation.ts';
import type { ItemStatus, OutputState } from './output-state.ts';
import { textLogprobsOf } from './wire-words.ts';

type TextDelta = Extract<PredictPart, { type: 'text-delta' }>;

interface TextContent extends JsonObject {
  readonly type: 'output_text';
  readonly annotations: JsonObject[];
  readonly logprobs: JsonObject[];
  text: string;
}

interface RefusalContent extends JsonObject {
  readonly type: 'refusal';
  refusal: string;
}

/** One message: `output_item.added`, then its parts one after the other, then `output_item.done`. */
export class MessageItem {
  readonly #state: OutputState;
  readonly #item: JsonObject;
  readonly #index: number;
  readonly #content: JsonObject[] = [];
  /** Which part the next events are about. */
  #place: JsonObject = {};
  /** The part that is being written. */
  #part: TextContent | RefusalContent | undefined;
  /** Citations of other vendors: they speak of the whole text, so they are shown once it is whole. */
  #held: JsonValue[] = [];

  /** `fields` are those that the vendor gave it, its id among them. */
  constructor(state: OutputState, fields: JsonObject) {
    const id = typeof fields['id'] === 'string' ? fields['id'] : state.nextId('msg_');
    this.#state = state;
    this.#item = { ...fields, id, type: 'message', status: 'in_progress', role: 'assistant', content: this.#content };
    this.#index = state.open(this.#item);
  }

  addText({ text, logprobs = [], annotations = [], extra, startsBlock }: TextDelta): void {
    const part = this.#textPart(startsBlock === true);
    if (text !== '' || logprobs.length > 0) {
      const tokens = textLogprobsOf(logprobs);
      this.#state.hold(text.length);
      part.text += text;
      part.logprobs.push(...tokens);
      this.#emit('response.output_text.delta', { delta: text, logprobs: tokens });
    }
    if (extra !== undefined) addFields(part, extra);
    for (const value of annotations) {
      this.#state.hold(JSON.stringify(value).length);
      const annotation = annotationOf(value);
      if (annotation === undefined) this.#held.push(value);
      else this.#annotate(part, annotation);
    }
  }

  addRefusal(text: string): void {
    let part = this.#part;
    if (part?.type !== 'refusal') {
      part = { type: 'refusal', refusal: '' };
      this.#begin(part);
    }
    this.#state.hold(text.length);
    part.refusal += text;
    this.#emit('response.refusal.delta', { delta: text });
  }

  /** A part of another kind, whole. */
  addOther(part: JsonObject): void {
    this.#endPart();
    this.#state.hold(JSON.stringify(part).length);
    this.#append(part);
    this.#emit('response.content_part.done', { part });
  }

  close(status: ItemStatus): void {
    this.#endPart();
    this.#item['status'] = status;
    this.#state.close(this.#index, this.#item);
  }

  #textPart(startsBlock: boolean): TextContent {
    const part = this.#part;
    if (part?.type === 'output_text' && !startsBlock) return part;
    const next: TextContent = { type: 'output_text', annotations: [], logprobs: [], text: '' };
    this.#begin(next);
    return next;
  }

  #begin(part: TextContent | RefusalContent): void {
    this.#endPart();
    this.#part = part;
    this.#append(part);
  }

  #append(part: JsonObject): void {
    const index = this.#content.push(part) - 1;
    this.#place = { item_id: this.#item['id'] ?? '', output_index: this.#index, content_index: index };
    this.#emit('response.content_part.added', { part });
  }

  #endPart(): void {
    const part = this.#part;
    if (part === undefined) return;
    if (part.type === 'refusal') this.#emit('response.refusal.done', { refusal: part.refusal });
    else {
      for (const value of this.#held) this.#annotate(part, blockAnnotationOf(value, part.text.length));
      this.#held = [];
      this.#emit('response.output_text.done', { text: part.text, logprobs: part.logprobs });
    }
    this.#emit('response.content_part.done', { part });
    this.#part = undefined;
  }

  #annotate(part: TextContent, annotation: JsonObject): void {
    const index = part.annotations.push(annotation) - 1;
    this.#emit('response.output_text.annotation.added', { annotation_index: index, annotation });
  }

  /** An event about the last part. */
  #emit(type: string, fields: JsonObject): void {
    this.#state.emit(type, fields, this.#place);
  }
}

/** Fields of the vendor's beside ours, none of which they replace. */
function addFields(
  part: TextContent,
  { type: _, text: __, annotations: ___, logprobs: ____, ...fields }: JsonObject,
): void {
  Object.assign(part, fields);
}
