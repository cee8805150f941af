// Folding the deltas of one choice into its content.

import { upstreamMalformed } from './error.ts';
import type { JsonValue } from './json.ts';
import type { ContentPart, TextPart } from './message.ts';
import type { ChoiceContent, DeltaPart, TokenLogprob } from './predict.ts';

/** Collects the deltas of one choice, in stream order. */
export class ContentCollector {
  #content: ContentPart[] = [];
  #toolPositions = new Map<number, number>();
  #logprobs: TokenLogprob[] | undefined;
  /** Of the text block that is being written: a list of its own, which the block refers to. */
  #annotations: JsonValue[] = [];

  /** Adds one delta. Throws `upstream_malformed` for arguments of a call that was not started. */
  add(part: DeltaPart): void {
    switch (part.type) {
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

  /** What the choice says so far. */
  get collected(): ChoiceContent {
    return { content: this.#content, ...(this.#logprobs === undefined ? {} : { logprobs: this.#logprobs }) };
  }

  #appendArguments(index: number, delta: string): void {
    const position = this.#toolPositions.get(index);
    const call = position === undefined ? undefined : this.#content[position];
    if (position === undefined || call?.type !== 'tool-call') {
      throw upstreamMalformed(`arguments for tool call ${index}, which was not started`);
    }
    this.#content[position] = { ...call, arguments: call.arguments + delta };
  }

  #appendText(part: Extract<DeltaPart, { type: 'text-delta' | 'reasoning-delta' | 'refusal-delta' }>): void {
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

  #appendTextDelta(part: Extract<DeltaPart, { type: 'text-delta' }>, last: ContentPart | undefined): void {
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
