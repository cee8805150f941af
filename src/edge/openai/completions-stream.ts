// From the parts of streams to OpenAI's legacy completion chunks. The answers to several prompts follow one another in one
// stream; the index of a chunk's choice says which prompt it belongs to, and which of the choices of that prompt it is. Hot path: the
// constant text of a chunk is made once per stream.

import type { SluiceError } from '../../core/error.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Answerer, AnswerPart, DeltaPart, Ending, PredictPart, PredictRequest } from '../../core/predict.ts';
import { sumUsage, type Usage } from '../../core/usage.ts';
import type { StreamAnswer, StreamEncoder } from '../dialect.ts';
import { charactersOf, legacyLogprobs } from './completions-logprobs.ts';
import { completionIdOf } from './completions-render.ts';
import { openAiErrorBody } from './error.ts';
import { chatUsageOf, endingFieldsOf, lastChunkFields, otherChoiceFieldsOf, secondsOf } from './wire-words.ts';

/** What the chunks depend on beside the parts. */
export interface CompletionStreamOptions {
  readonly includeUsage: boolean;
  readonly choicesPerPrompt: number;
  /** Stands in for the id of an answer that fails before it has one. */
  readonly requestId: string;
}

/**
 * The stream of a call. A complete one ends with the finish reason of the last prompt, the usage of all when asked for, and
 * `[DONE]`; a failed one with an error and without `[DONE]`. `open` is called for each prompt when its turn has come.
 */
export function streamCompletions(
  requests: readonly [PredictRequest, ...PredictRequest[]],
  open: (request: PredictRequest) => AsyncIterable<PredictPart>,
  options: CompletionStreamOptions,
): StreamAnswer {
  const encoder = new CompletionStreamEncoder(options);
  const parts = requests.length === 1 ? open(requests[0]) : oneAfterTheOther(requests, open, encoder);
  return { kind: 'stream', parts, encoder };
}

/** The parts of all streams but the ends in between, which go to the encoder; the last end has the usage of all. */
async function* oneAfterTheOther(
  requests: readonly PredictRequest[],
  open: (request: PredictRequest) => AsyncIterable<PredictPart>,
  encoder: CompletionStreamEncoder,
): AsyncGenerator<PredictPart, void, undefined> {
  const usages: Usage[] = [];
  for (const [index, request] of requests.entries()) {
    for await (const part of open(request)) {
      if (part.type !== 'end') {
        yield part;
        continue;
      }
      usages.push(part.usage);
      if (index === requests.length - 1) yield { ...part, usage: sumUsage(usages) };
      else encoder.endPrompt(part);
    }
    // A stream without an end is found out here, and not taken for a prompt that has been answered.
    if (usages.length <= index) return;
  }
}

class CompletionStreamEncoder implements StreamEncoder {
  readonly #options: CompletionStreamOptions;
  /** Everything up to the choices of a chunk, made once: who answered the first prompt is told of all. */
  #head: string = '';
  /** Number of the first choice of the prompt. */
  #index: number = 0;
  /** Characters of the texts of the prompt's choices so far. */
  #offsets: number[] = [];
  /** The last chunk of a choice that is not the last; goes out with the next part. */
  #pending: string = '';
  /** With include_usage every chunk has the field, and only the last one has figures. */
  readonly #noUsage: string;

  constructor(options: CompletionStreamOptions) {
    this.#options = options;
    this.#noUsage = options.includeUsage ? ',"usage":null' : '';
  }

  encode(part: AnswerPart): string {
    const pending = this.#pending;
    if (pending === '') return this.#encode(part);
    this.#pending = '';
    return pending + this.#encode(part);
  }

  /** Ends the first choice of a prompt, its last to end; what comes next belongs to the next prompt. */
  endPrompt(ending: Ending): void {
    this.#pending += this.#last(0, endingFieldsOf(ending, false), '');
    this.#index += this.#options.choicesPerPrompt;
    this.#offsets = [];
  }

  fail(error: SluiceError): string {
    return `data: ${openAiErrorBody(error, this.#options.requestId)}\n\n`;
  }

  keepAlive(): string {
    return ': keep-alive\n\n';
  }

  #encode(part: AnswerPart): string {
    switch (part.type) {
      case 'start':
        if (this.#head === '') this.#head = headOf(part);
        return '';
      case 'choice-part':
        return this.#delta(part.choice, part.part);
      case 'choice-end':
        return this.#last(part.choice, otherChoiceFieldsOf(part, false), '');
      case 'end':
        return this.#end(part);
      default:
        return this.#delta(0, part);
    }
  }

  /** A completion has nothing but text. */
  #delta(place: number, part: DeltaPart): string {
    if (part.type !== 'text-delta' && part.type !== 'refusal-delta') return '';
    const { text, logprobs } = part;
    if (text === '' && logprobs === undefined) return '';
    const offset = this.#offsets[place] ?? 0;
    this.#offsets[place] = offset + charactersOf(text);
    const lists = logprobs === undefined ? 'null' : JSON.stringify(legacyLogprobs(logprobs, offset));
    const choice = `{"text":${JSON.stringify(text)},"index":${this.#index + place},"logprobs":${lists},"finish_reason":null}`;
    return `${this.#head}[${choice}]${this.#noUsage}}\n\n`;
  }

  /** The last chunk of a choice, with these fields of it, and `more` of the answer. */
  #last(place: number, choiceFields: JsonObject, more: string): string {
    const choice = { text: '', index: this.#index + place, logprobs: null, ...choiceFields };
    return `${this.#head}[${JSON.stringify(choice)}]${more}${this.#noUsage}}\n\n`;
  }

  #end(ending: Ending): string {
    const more = lastChunkFields(ending);
    const finish = this.#last(0, endingFieldsOf(ending, false), more);
    if (!this.#options.includeUsage) return `${finish}data: [DONE]\n\n`;
    const last = `${this.#head}[]${more},"usage":${JSON.stringify(chatUsageOf(ending.usage))}}\n\n`;
    return `${finish}${last}data: [DONE]\n\n`;
  }
}

function headOf({ id, createdAtMs, model }: Answerer): string {
  const identity = { id: completionIdOf(id), object: 'text_completion', created: secondsOf(createdAtMs), model };
  return `data: ${JSON.stringify(identity).slice(0, -1)},"choices":`;
}
