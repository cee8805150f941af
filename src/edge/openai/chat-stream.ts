// From the parts of a stream to OpenAI's chat completion chunks. Hot path: the constant text of a chunk is made once per
// stream, and only what varies goes through JSON.stringify.

import type { SluiceError } from '../../core/error.ts';
import type { JsonObject } from '../../core/json.ts';
import { isMessageFields } from '../../core/opaque-part.ts';
import type { Answerer, AnswerPart, ChoiceEnding, Ending } from '../../core/predict.ts';
import type { StreamEncoder } from '../dialect.ts';
import { openAiErrorBody } from './error.ts';
import { LateContent } from './late-content.ts';
import { ThinkingBlockStream } from './thinking-blocks.ts';
import {
  callFieldsOf,
  chatUsageOf,
  endingFieldsOf,
  lastChunkFields,
  logprobsOf,
  otherChoiceFieldsOf,
  secondsOf,
} from './wire-words.ts';

/**
 * Makes the encoder of one stream. The first chunk has the role; it waits for the first delta, so that a model which fails
 * before it says anything gets a real HTTP status, and so that `content` can be null where tool calls come first. A complete
 * stream ends with the finish reason, the usage when asked for, and `[DONE]`; a failed one with an error and without `[DONE]`.
 */
export function createChatStreamEncoder(includeUsage: boolean, requestId: string): StreamEncoder {
  return new ChatStreamEncoder(includeUsage, requestId, 0);
}

class ChatStreamEncoder implements StreamEncoder {
  readonly #includeUsage: boolean;
  readonly #requestId: string;
  readonly #choice: number;
  /** The encoders of the choices behind the first. Absent in nearly every stream. */
  #others: Map<number, ChatStreamEncoder> | undefined;
  /** Everything up to the delta of a chunk. */
  #head: string = '';
  /** Everything behind the log probabilities of a chunk. */
  readonly #afterLogprobs: string;
  /** Everything behind the delta of a chunk without log probabilities. */
  readonly #tail: string;
  /** The usage of every chunk but the last, as JSON text behind other fields. */
  readonly #noUsage: string;
  readonly #blocks: ThinkingBlockStream = new ThinkingBlockStream();
  #answerer: Answerer | undefined;
  #hasBegun: boolean = false;
  #hasCalls: boolean = false;
  readonly #late: LateContent = new LateContent();

  constructor(includeUsage: boolean, requestId: string, choice: number) {
    this.#includeUsage = includeUsage;
    this.#requestId = requestId;
    this.#choice = choice;
    // With include_usage every chunk has the field, and only the last one has figures.
    this.#noUsage = includeUsage ? ',"usage":null' : '';
    this.#afterLogprobs = `,"finish_reason":null}]${this.#noUsage}}\n\n`;
    this.#tail = `,"logprobs":null${this.#afterLogprobs}`;
  }

  encode(part: AnswerPart): string {
    switch (part.type) {
      case 'text-delta':
        return this.#text(part);
      case 'start':
        this.#start(part);
        return '';
      case 'reasoning-delta':
        return this.#reasoning(part);
      case 'refusal-delta':
        return this.#refusal(part);
      case 'tool-call-start': {
        this.#late.addCall();
        this.#hasCalls = true;
        const { outer, inner } = callFieldsOf(part.extra);
        const definition = { ...inner, name: part.name, arguments: '' };
        const call = { ...outer, index: part.index, id: part.id, type: 'function', function: definition };
        return this.#delta(`{"tool_calls":[${JSON.stringify(call)}]}`, 'null');
      }
      case 'tool-call-delta': {
        const call = `"function":{"arguments":${JSON.stringify(part.argumentsDelta)}}`;
        return this.#delta(`{"tool_calls":[{"index":${part.index},${call}}]}`, 'null');
      }
      case 'opaque-delta':
        return this.#opaque(part);
      case 'choice-part':
        return this.#other(part.choice).encode(part.part);
      case 'choice-end':
        return this.#other(part.choice).#endOther(part);
      case 'end':
        return this.#end(part);
    }
  }

  fail(error: SluiceError): string {
    return `data: ${openAiErrorBody(error, this.#requestId)}\n\n`;
  }

  keepAlive(): string {
    return ': keep-alive\n\n';
  }

  #start(answerer: Answerer): void {
    this.#answerer = answerer;
    this.#head = `data: {${this.#identity()},"choices":[{"index":${this.#choice},"delta":`;
  }

  #identity(): string {
    const { id, createdAtMs, model } = this.#answerer ?? { id: this.#requestId, createdAtMs: 0, model: '' };
    const created = secondsOf(createdAtMs);
    return `"id":${JSON.stringify(id)},"object":"chat.completion.chunk","created":${created},"model":${JSON.stringify(model)}`;
  }

  #text(part: Extract<AnswerPart, { type: 'text-delta' }>): string {
    const { text, extra, annotations } = part;
    this.#late.addText(text.length, part.startsBlock === true);
    if (annotations !== undefined) this.#late.annotate(annotations);
    const isPlain = extra === undefined;
    const delta = isPlain ? `{"content":${JSON.stringify(text)}}` : JSON.stringify({ ...extra, content: text });
    if (part.logprobs === undefined) return text === '' && isPlain ? '' : this.#delta(delta, '""');
    return this.#probable(delta, logprobsOf(part.logprobs));
  }

  /** Fields of the message as they are; a picture at once; any other part with the end. */
  #opaque(part: Extract<AnswerPart, { type: 'opaque-delta' }>): string {
    if (part.isNotice === true) return '';
    if (isMessageFields(part)) {
      this.#late.endBlock();
      this.#hasCalls ||= part.value['tool_calls'] !== undefined;
      return this.#delta(JSON.stringify(part.value), '""');
    }
    const image = this.#late.carry(part);
    return image === undefined ? '' : this.#delta(`{"images":[${JSON.stringify(image)}]}`, '""');
  }

  #reasoning(part: Extract<AnswerPart, { type: 'reasoning-delta' }>): string {
    this.#late.endBlock();
    const { text } = part;
    this.#blocks.add(part);
    return text === '' ? '' : this.#delta(`{"reasoning_content":${JSON.stringify(text)}}`, '""');
  }

  #refusal(part: Extract<AnswerPart, { type: 'refusal-delta' }>): string {
    this.#late.endBlock();
    const delta = `{"refusal":${JSON.stringify(part.text)}}`;
    if (part.logprobs === undefined) return this.#delta(delta, '""');
    return this.#probable(delta, logprobsOf(part.logprobs, 'refusal'));
  }

  /** A chunk, after the role's when it is the first. `firstContent` is the content in the role's chunk. */
  #delta(delta: string, firstContent: string): string {
    const chunk = this.#head + delta + this.#tail;
    return this.#hasBegun ? chunk : this.#role(firstContent) + chunk;
  }

  #probable(delta: string, logprobs: JsonObject): string {
    return `${this.#role('""')}${this.#head}${delta},"logprobs":${JSON.stringify(logprobs)}${this.#afterLogprobs}`;
  }

  #role(content: string): string {
    if (this.#hasBegun) return '';
    this.#hasBegun = true;
    return `${this.#head}{"role":"assistant","content":${content},"refusal":null}${this.#tail}`;
  }

  #other(choice: number): ChatStreamEncoder {
    this.#others ??= new Map();
    let other = this.#others.get(choice);
    if (other === undefined) {
      other = new ChatStreamEncoder(this.#includeUsage, this.#requestId, choice);
      if (this.#answerer !== undefined) other.#start(this.#answerer);
      this.#others.set(choice, other);
    }
    return other;
  }

  #endOther(ending: ChoiceEnding): string {
    return this.#finish(otherChoiceFieldsOf(ending, this.#hasCalls), '');
  }

  /** The last chunks of the choice, with these fields of it, and `more` of the answer. */
  #finish(choiceFields: JsonObject, more: string): string {
    const late = { ...this.#blocks.fields(), ...this.#late.fields() };
    const before = Object.keys(late).length === 0 ? this.#role('""') : this.#delta(JSON.stringify(late), '""');
    const reason = JSON.stringify(choiceFields).slice(1);
    return `${before}${this.#head}{},"logprobs":null,${reason}]${more}${this.#noUsage}}\n\n`;
  }

  #end(ending: Ending): string {
    const more = lastChunkFields(ending);
    const finish = this.#finish(endingFieldsOf(ending, this.#hasCalls), more);
    if (!this.#includeUsage) return `${finish}data: [DONE]\n\n`;
    const usage = JSON.stringify(chatUsageOf(ending.usage));
    const last = `data: {${this.#identity()},"choices":[]${more},"usage":${usage}}\n\n`;
    return `${finish}${last}data: [DONE]\n\n`;
  }
}
