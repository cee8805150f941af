// What of an answer a chat completion tells behind its text: annotations, whose places are known when their text is whole, and
// parts of vendors that this dialect has no form for. They come together, in one delta of a stream, because clients' libraries
// join texts of several deltas but keep one list of any other field.

import { upstreamMalformed } from '../../core/error.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import { type ContentPart, dataUrlOf, type MediaSource } from '../../core/message.ts';
import type { OpaqueValue } from '../../core/opaque-part.ts';
import { pictureOf } from '../generated-picture.ts';
import { annotationOf, blockAnnotationOf, urlOf } from './annotation.ts';
import { maxLateCharacters } from './defaults.ts';

/**
 * Collects it from the parts of one answer, in order. Offsets count the UTF-16 units of the message's content, which is the texts
 * of all blocks joined.
 */
export class LateContent {
  #length: number = 0;
  #blockStart: number = 0;
  #isInBlock: boolean = false;
  #calls: number = 0;
  #pictures: number = 0;
  #characters: number = 0;
  readonly #annotations: JsonValue[] = [];
  readonly #citations: JsonValue[] = [];
  readonly #carried: JsonValue[] = [];
  /** Citations of the block that speak of all of it. */
  #ofBlock: JsonValue[] = [];

  /** Counts text. With `startsBlock` it begins a block, as it does behind any part that is no text. */
  addText(length: number, startsBlock: boolean): void {
    if (startsBlock || !this.#isInBlock) this.#beginBlock();
    this.#length += length;
  }

  /** A part that is no text: the text behind it is another block. */
  endBlock(): void {
    this.#isInBlock = false;
  }

  /** A tool call: parts behind it are told from those before it. */
  addCall(): void {
    this.endBlock();
    this.#calls += 1;
  }

  /** Annotations of the block, behind the text that they came with. Throws `upstream_malformed` for too much of them. */
  annotate(annotations: readonly JsonValue[]): void {
    for (const value of annotations) {
      this.#hold(value);
      const own = annotationOf(value);
      if (own === undefined) (urlOf(value) === undefined ? this.#citations : this.#ofBlock).push(value);
      else if (own['type'] !== 'url_citation') this.#citations.push(value);
      // The places of a nested one are those of the message already.
      else this.#annotations.push(isNested(value) ? value : nested(own, this.#blockStart));
    }
  }

  /** Keeps a part without a form here. A picture is returned instead, as an entry of `images` that can be told at once. */
  carry(part: OpaqueValue): JsonObject | undefined {
    this.endBlock();
    const picture = pictureOf(part);
    const { dialect, value } = picture?.rest ?? part;
    const calls = this.#calls === 0 ? {} : { calls: this.#calls };
    const provider_content = { dialect, offset: this.#length, ...calls, value };
    if (picture !== undefined) {
      const source: MediaSource = { kind: 'data', base64: picture.base64, mediaType: picture.mediaType };
      return { ...this.#image(source), provider_content };
    }
    this.#hold(value);
    this.#carried.push(provider_content);
    return undefined;
  }

  /** The same for a part with an internal form that no answer has here. */
  carryTyped(part: ContentPart): JsonObject | undefined {
    if (part.type === 'image' && part.source.kind !== 'file-id') return this.#image(part.source);
    return this.carry({ dialect: 'sluice', value: part as unknown as JsonObject });
  }

  /** Fields of the message; none where nothing was held. The answer's text is whole. */
  fields(): JsonObject {
    this.#settleBlock();
    return {
      ...(this.#annotations.length === 0 ? {} : { annotations: this.#annotations }),
      ...(this.#citations.length === 0 ? {} : { citations: this.#citations }),
      ...(this.#carried.length === 0 ? {} : { provider_content: this.#carried }),
    };
  }

  /** OpenRouter's form, numbered as LiteLLM does: OpenAI's Python client joins lists of several deltas by `index`. */
  #image(source: Exclude<MediaSource, { kind: 'file-id' }>): JsonObject {
    const url = source.kind === 'url' ? source.url : dataUrlOf(source);
    const index = this.#pictures;
    this.#pictures += 1;
    return { type: 'image_url', image_url: { url }, index };
  }

  #beginBlock(): void {
    this.#settleBlock();
    this.#isInBlock = true;
    this.#blockStart = this.#length;
  }

  #settleBlock(): void {
    if (this.#ofBlock.length === 0) return;
    const length = this.#length - this.#blockStart;
    for (const value of this.#ofBlock) {
      this.#annotations.push(nested(blockAnnotationOf(value, length), this.#blockStart));
    }
    this.#ofBlock = [];
  }

  #hold(value: JsonValue): void {
    this.#characters += JSON.stringify(value).length;
    if (this.#characters > maxLateCharacters)
      throw upstreamMalformed(`more than ${maxLateCharacters} characters beside the text`);
  }
}

function isNested(value: JsonValue): boolean {
  return isJsonObject(value) && isJsonObject(value['url_citation']);
}

/** A flat `url_citation` of a block that begins at `offset`, in the form of chat completions. */
function nested(
  { type = '', url = '', title = '', start_index: start, end_index: end, ...others }: JsonObject,
  offset: number,
): JsonObject {
  const places = { start_index: Number(start) + offset, end_index: Number(end) + offset };
  return { ...others, type, url_citation: { url, title, ...places } };
}
