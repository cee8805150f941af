// Folding a stream of parts into one response, and the reverse; the two forms of an answer must never disagree.

import { reportOf } from './downgraded.ts';
import { SluiceError } from './error.ts';
import type { JsonValue } from './json.ts';
import type { ContentPart, TextPart, ToolCallPart } from './message.ts';
import type { Answerer, Ending, PredictPart, PredictResponse, TokenLogprob } from './predict.ts';

/** Collects the parts of a stream. `finish` throws `upstream_truncated` when no `end` was seen. */
export class ResponseCollector {
  #answerer: Answerer | undefined;
  #ending: Ending | undefined;
  #content: ContentPart[] = [];
  #toolPositions = new Map<number, number>();
  #logprobs: TokenLogprob[] | undefined;
  /** Of the text block that is being written: a list of its own, which the block refers to. */
  #annotations: JsonValue[] = [];

  /** Adds one part, in stream order. */
  add(part: PredictPart): void {
    switch (part.type) {
      case 'start': {
        const { type: _, inputUsage: __, extra: ___, ...answerer } = part;
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
        this.#content.push({
          type: 'tool-call',
          id: part.id,
          name: part.name,
          arguments: '',
          ...(part.extra === undefined ? {} : { extra: part.extra }),
        });
        return;
      case 'tool-call-delta':
        this.#appendArguments(part.index, part.argumentsDelta);
        return;
      case 'opaque-delta':
        if (part.isNotice === undefined)
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
    if (part.type === 'text-delta') this.#appendTextDelta(part, last);
    else if (part.type === 'refusal-delta') {
      this.#addLogprobs(part.logprobs);
      if (last?.type === 'refusal') this.#replaceLast({ ...last, text: last.text + part.text });
      else this.#content.push({ type: 'refusal', text: part.text });
    } else {
      const { type: _, text, startsBlock, ...proof } = part;
      const continues = last?.type === 'reasoning' && last.signature === undefined && startsBlock === undefined;
      if (continues) this.#replaceLast({ ...last, ...proof, text: last.text + text });
      else this.#content.push({ type: 'reasoning', text, ...proof });
    }
  }

  #appendTextDelta(part: Extract<PredictPart, { type: 'text-delta' }>, last: ContentPart | undefined): void {
    this.#addLogprobs(part.logprobs);
    const continues = last?.type === 'text' && part.startsBlock === undefined;
    const before: TextPart = continues ? last : { type: 'text', text: '' };
    if (!continues) this.#annotations = [];
    for (const annotation of part.annotations ?? []) this.#annotations.push(annotation);
    const text = {
      ...before,
      text: before.text + part.text,
      ...(this.#annotations.length > 0 ? { annotations: this.#annotations } : {}),
      ...(part.extra === undefined ? {} : { extra: { ...before.extra, ...part.extra } }),
    };
    if (continues) this.#replaceLast(text);
    else this.#content.push(text);
  }

  /** One list that grows: a copy for each delta would take time with the square of the answer's length. */
  #addLogprobs(logprobs: readonly TokenLogprob[] | undefined): void {
    if (logprobs === undefined) return;
    this.#logprobs ??= [];
    for (const logprob of logprobs) this.#logprobs.push(logprob);
  }

  #replaceLast(part: ContentPart): void {
    this.#content[this.#content.length - 1] = part;
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
  const { content, logprobs, id, model, target, createdAtMs, attempts, downgrades = [], ...ending } = response;
  yield { type: 'start', id, model, target, createdAtMs, attempts, ...reportOf(downgrades) };
  const firstText = content.findIndex((part) => part.type === 'text');
  let toolIndex = 0;
  for (const [position, part] of content.entries()) {
    if (part.type === 'tool-call') {
      yield* toolCallParts(part, toolIndex);
      toolIndex += 1;
      continue;
    }
    const delta = deltaOf(part, part.type === content[position - 1]?.type);
    const isFirstText = delta.type === 'text-delta' && position === firstText;
    yield isFirstText && logprobs !== undefined ? { ...delta, logprobs } : delta;
  }
  yield { type: 'end', ...ending };
}

function* toolCallParts({ id, name, arguments: text, extra }: ToolCallPart, index: number): Generator<PredictPart> {
  yield { type: 'tool-call-start', index, id, name, ...(extra === undefined ? {} : { extra }) };
  yield { type: 'tool-call-delta', index, argumentsDelta: text };
}

function deltaOf(part: ContentPart, startsBlock: boolean): PredictPart {
  const block = startsBlock ? { startsBlock } : {};
  switch (part.type) {
    case 'text': {
      const { type: _, ...text } = part;
      return { type: 'text-delta', ...text, ...block };
    }
    case 'reasoning': {
      const { type: _, ...reasoning } = part;
      return { type: 'reasoning-delta', ...reasoning, ...block };
    }
    case 'refusal':
      return { type: 'refusal-delta', text: part.text };
    case 'opaque':
      return { type: 'opaque-delta', dialect: part.dialect, value: part.value };
    default:
      throw new SluiceError('internal', { detail: `a response holds a part of type ${part.type}` });
  }
}
