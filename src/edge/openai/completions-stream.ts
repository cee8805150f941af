// From the parts of streams to OpenAI's legacy completion chunks. The answers to several prompts follow one another in one
// stream; the index of a chunk's choice says which prompt it belongs to, and which of the choices of that prompt it is.

import type { SluiceError } from '../../core/error.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Answerer, DeltaPart, Ending, PredictPart, PredictRequest, TokenLogprob } from '../../core/predict.ts';
import type { Usage } from '../../core/usage.ts';
import type { StreamAnswer, StreamEncoder } from '../dialect.ts';
import { charactersOf, legacyLogprobs } from './completions-logprobs.ts';
import { completionIdOf, sumUsage } from './completions-render.ts';
import { openAiErrorBody } from './error.ts';
import { chatUsageOf, finishReasonOf, otherChoiceFieldsOf, secondsOf } from './wire-words.ts';

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
  #answerer: Answerer | undefined;
  /** Number of the first choice of the prompt. */
  #index: number = 0;
  /** Characters of the texts of the prompt's choices so far. */
  #offsets: number[] = [];
  /** The last chunk of a choice that is not the last; goes out with the next part. */
  #pending: string = '';

  constructor(options: CompletionStreamOptions) {
    this.#options = options;
  }

  encode(part: PredictPart): string {
    const pending = this.#pending;
    this.#pending = '';
    return pending + this.#encode(part);
  }

  /** Ends the first choice of a prompt, its last to end; what comes next belongs to the next prompt. */
  endPrompt(ending: Ending): void {
    this.#pending += this.#chunk(0, '', undefined, { finish_reason: finishReasonOf(ending) });
    this.#index += this.#options.choicesPerPrompt;
    this.#offsets = [];
  }

  fail(error: SluiceError): string {
    return `data: ${openAiErrorBody(error, this.#options.requestId)}\n\n`;
  }

  keepAlive(): string {
    return ': keep-alive\n\n';
  }

  #encode(part: PredictPart): string {
    switch (part.type) {
      case 'start':
        this.#answerer ??= part;
        return '';
      case 'choice-part':
        return this.#delta(part.choice, part.part);
      case 'choice-end':
        return this.#chunk(part.choice, '', undefined, otherChoiceFieldsOf(part, false));
      case 'end':
        return this.#end(part);
      default:
        return this.#delta(0, part);
    }
  }

  /** A completion has nothing but text. */
  #delta(choice: number, part: DeltaPart): string {
    if (part.type !== 'text-delta' && part.type !== 'refusal-delta') return '';
    const { text, logprobs } = part;
    return text === '' && logprobs === undefined ? '' : this.#chunk(choice, text, logprobs, { finish_reason: null });
  }

  #chunk(
    place: number,
    text: string,
    logprobs: readonly TokenLogprob[] | undefined,
    ending: JsonObject,
    more?: JsonObject,
  ): string {
    const offset = this.#offsets[place] ?? 0;
    const lists = logprobs === undefined ? null : { ...legacyLogprobs(logprobs, offset) };
    this.#offsets[place] = offset + charactersOf(text);
    const choice = { text, index: this.#index + place, logprobs: lists, ...ending };
    // With include_usage every chunk has the field, and only the last one has figures.
    const usage = this.#options.includeUsage ? { usage: null } : {};
    return event({ ...more, ...this.#identity(), choices: [choice], ...usage });
  }

  #end(ending: Ending): string {
    const more: JsonObject = { ...ending.extra };
    if (ending.systemFingerprint !== undefined) more['system_fingerprint'] = ending.systemFingerprint;
    const finish = this.#chunk(0, '', undefined, { finish_reason: finishReasonOf(ending) }, more);
    if (!this.#options.includeUsage) return `${finish}data: [DONE]\n\n`;
    const last = event({ ...more, ...this.#identity(), choices: [], usage: chatUsageOf(ending.usage) });
    return `${finish}${last}data: [DONE]\n\n`;
  }

  #identity(): JsonObject {
    const { id, createdAtMs, model } = this.#answerer ?? { id: this.#options.requestId, createdAtMs: 0, model: '' };
    return { id: completionIdOf(id), object: 'text_completion', created: secondsOf(createdAtMs), model };
  }
}

function event(data: object): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}
