// Folding a stream of parts into one response, and the reverse; the two forms of an answer must never disagree.

import { ContentCollector } from './content-collector.ts';
import { reportOf } from './downgraded.ts';
import { SluiceError } from './error.ts';
import type { ContentPart, ToolCallPart } from './message.ts';
import type {
  Answerer,
  AnswerPart,
  Choice,
  ChoiceContent,
  ChoiceEnding,
  DeltaPart,
  Ending,
  PredictPart,
  PredictResponse,
} from './predict.ts';

/** Collects the parts of a stream. `finish` throws `upstream_truncated` when no `end` was seen, or a choice that began has none. */
export class ResponseCollector {
  #answerer: Answerer | undefined;
  #ending: Ending | undefined;
  readonly #first: ContentCollector = new ContentCollector();
  /** By number. Absent in nearly every answer. */
  #others: Map<number, OpenChoice> | undefined;

  /** Adds one part, in stream order. */
  add(part: PredictPart): void {
    switch (part.type) {
      case 'start': {
        const { type: _, inputUsage: __, extra: ___, ...answerer } = part;
        this.#answerer = answerer;
        return;
      }
      // The ending says who spoke.
      case 'seam':
        return;
      case 'end': {
        const { type: _, ...ending } = part;
        this.#ending = ending;
        return;
      }
      case 'choice-part':
        this.#other(part.choice).content.add(part.part);
        return;
      case 'choice-end': {
        const { type: _, choice, ...ending } = part;
        this.#other(choice).ending = ending;
        return;
      }
      default:
        this.#first.add(part);
    }
  }

  /** The whole answer. */
  finish(): PredictResponse {
    if (this.#answerer === undefined || this.#ending === undefined) throw new SluiceError('upstream_truncated');
    return {
      ...this.#answerer,
      ...this.#ending,
      ...this.#first.collected,
      ...(this.#others === undefined ? {} : { otherChoices: finishedChoices(this.#others) }),
    };
  }

  #other(index: number): OpenChoice {
    this.#others ??= new Map();
    let choice = this.#others.get(index);
    if (choice === undefined) {
      choice = { content: new ContentCollector(), ending: undefined };
      this.#others.set(index, choice);
    }
    return choice;
  }
}

interface OpenChoice {
  readonly content: ContentCollector;
  ending: ChoiceEnding | undefined;
}

function finishedChoices(open: ReadonlyMap<number, OpenChoice>): Choice[] {
  const numbered = [...open].sort(([one], [other]) => one - other);
  return numbered.map(([index, { content, ending }]) => {
    if (ending === undefined) throw new SluiceError('upstream_truncated', { detail: `choice ${index} has no end` });
    return { index, ...ending, ...content.collected };
  });
}

/** Collects a whole stream into one response. Throws what the stream throws. */
export async function collectResponse(parts: AsyncIterable<PredictPart>): Promise<PredictResponse> {
  const collector = new ResponseCollector();
  for await (const part of parts) collector.add(part);
  return collector.finish();
}

/** The parts that a stream of this response would have had, one delta per content part. */
export function* partsOf(response: PredictResponse): Generator<AnswerPart> {
  const { content: _, logprobs: __, otherChoices = [], ...frame } = response;
  const { id, model, target, createdAtMs, attempts, downgrades = [], ...ending } = frame;
  yield { type: 'start', id, model, target, createdAtMs, attempts, ...reportOf(downgrades) };
  yield* deltasOf(response);
  for (const other of otherChoices) yield* otherParts(other);
  yield { type: 'end', ...ending };
}

function* otherParts({ index: choice, content, logprobs, ...ending }: Choice): Generator<AnswerPart> {
  const said = { content, ...(logprobs === undefined ? {} : { logprobs }) };
  for (const part of deltasOf(said)) yield { type: 'choice-part', choice, part };
  yield { type: 'choice-end', choice, ...ending };
}

/** One delta for each part, and two for each call. */
function* deltasOf({ content, logprobs }: ChoiceContent): Generator<DeltaPart> {
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
}

function* toolCallParts({ id, name, arguments: text, extra }: ToolCallPart, index: number): Generator<DeltaPart> {
  yield { type: 'tool-call-start', index, id, name, ...(extra === undefined ? {} : { extra }) };
  yield { type: 'tool-call-delta', index, argumentsDelta: text };
}

function deltaOf(part: ContentPart, startsBlock: boolean): DeltaPart {
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

/** What all choices of an answer say, one after the other. */
export function contentOfAll({ content, otherChoices }: PredictResponse): readonly ContentPart[] {
  return otherChoices === undefined ? content : [content, ...otherChoices.map((choice) => choice.content)].flat();
}
