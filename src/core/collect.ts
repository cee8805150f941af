// Folding a stream of parts into one response, and the reverse; the two forms of an answer must never disagree.

import { SluiceError } from './error.ts';
import type { ContentPart } from './message.ts';
import type { Answerer, Ending, PredictPart, PredictResponse, TokenLogprob } from './predict.ts';

/** Collects the parts of a stream. `finish` throws `upstream_truncated` when no `end` was seen. */
export class ResponseCollector {
  #answerer: Answerer | undefined;
  #ending: Ending | undefined;
  #content: ContentPart[] = [];
  #toolPositions = new Map<number, number>();
  #logprobs: TokenLogprob[] | undefined;

  /** Adds one part, in stream order. */
  add(part: PredictPart): void {
    switch (part.type) {
      case 'start': {
        const { type: _, ...answerer } = part;
        this.#answerer = answerer;
        return;
      }
      case 'end': {
        const { type: _, ...ending } = part;
        this.#ending = ending;
        return;
      }
      case 'tool-call-start':
        this.#toolPositions.set(part.index, this.#content.length);
        this.#content.push({ type: 'tool-call', id: part.id, name: part.name, arguments: '' });
        return;
      case 'tool-call-delta':
        this.#appendArguments(part.index, part.argumentsDelta);
        return;
      case 'opaque-delta':
        this.#content.push({ type: 'opaque', dialect: part.dialect, value: part.value });
        return;
      default:
        this.#appendText(part);
    }
  }

  /** The whole answer. */
  finish(): PredictResponse {
    if (this.#answerer === undefined || this.#ending === undefined) throw new SluiceError('upstream_truncated');
    return {
      ...this.#answerer,
      ...this.#ending,
      content: this.#content,
      ...(this.#logprobs === undefined ? {} : { logprobs: this.#logprobs }),
    };
  }

  #appendArguments(index: number, delta: string): void {
    const position = this.#toolPositions.get(index);
    const call = position === undefined ? undefined : this.#content[position];
    if (position === undefined || call?.type !== 'tool-call') {
      throw new SluiceError('upstream_malformed', {
        detail: `arguments for tool call ${index}, which was not started`,
      });
    }
    this.#content[position] = { ...call, arguments: call.arguments + delta };
  }

  #appendText(part: Extract<PredictPart, { type: 'text-delta' | 'reasoning-delta' | 'refusal-delta' }>): void {
    const last = this.#content.at(-1);
    if (part.type === 'text-delta') {
      if (part.logprobs !== undefined) this.#logprobs = [...(this.#logprobs ?? []), ...part.logprobs];
      if (last?.type === 'text') this.#content[this.#content.length - 1] = { ...last, text: last.text + part.text };
      else this.#content.push({ type: 'text', text: part.text });
    } else if (part.type === 'refusal-delta') {
      if (last?.type === 'refusal') this.#content[this.#content.length - 1] = { ...last, text: last.text + part.text };
      else this.#content.push({ type: 'refusal', text: part.text });
    } else {
      const { type: _, text, ...proof } = part;
      if (last?.type === 'reasoning' && last.signature === undefined) {
        this.#content[this.#content.length - 1] = { ...last, ...proof, text: last.text + text };
      } else this.#content.push({ type: 'reasoning', text, ...proof });
    }
  }
}

/** Collects a whole stream into one response. Throws what the stream throws. */
export async function collectResponse(parts: AsyncIterable<PredictPart>): Promise<PredictResponse> {
  const collector = new ResponseCollector();
  for await (const part of parts) collector.add(part);
  return collector.finish();
}

/** The parts that a stream of this response would have had, one delta per content part. */
export function* partsOf(response: PredictResponse): Generator<PredictPart> {
  const { content, logprobs, id, model, target, createdAtMs, attempts, ...ending } = response;
  yield { type: 'start', id, model, target, createdAtMs, attempts };
  let toolIndex = 0;
  let pendingLogprobs = logprobs;
  for (const part of content) {
    if (part.type === 'tool-call') {
      yield { type: 'tool-call-start', index: toolIndex, id: part.id, name: part.name };
      yield { type: 'tool-call-delta', index: toolIndex, argumentsDelta: part.arguments };
      toolIndex += 1;
    } else if (part.type === 'text' && pendingLogprobs !== undefined) {
      yield { type: 'text-delta', text: part.text, logprobs: pendingLogprobs };
      pendingLogprobs = undefined;
    } else yield deltaOf(part);
  }
  yield { type: 'end', ...ending };
}

function deltaOf(part: ContentPart): PredictPart {
  switch (part.type) {
    case 'text':
      return { type: 'text-delta', text: part.text };
    case 'reasoning': {
      const { type: _, extra: __, ...reasoning } = part;
      return { type: 'reasoning-delta', ...reasoning };
    }
    case 'refusal':
      return { type: 'refusal-delta', text: part.text };
    case 'opaque':
      return { type: 'opaque-delta', dialect: part.dialect, value: part.value };
    default:
      throw new SluiceError('internal', { detail: `a response holds a part of type ${part.type}` });
  }
}
