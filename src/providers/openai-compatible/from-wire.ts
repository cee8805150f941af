// A whole chat completion as our response.

import { upstreamMalformed } from '../../core/error.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { ContentPart } from '../../core/message.ts';
import type { Choice, ChoiceContent, ChoiceEnding, PredictResponse } from '../../core/predict.ts';
import type { AnswerContext } from '../translation/answer-context.ts';
import { madeUpCallId } from '../translation/call-id.ts';
import { maxToolCalls } from '../translation/defaults.ts';
import { numbersOf, withChoicesReported } from '../translation/other-choices.ts';
import { unknownUsage } from '../translation/usage.ts';
import {
  argumentsOf,
  isPresent,
  listOf,
  objectOf,
  strictListOf,
  strictObjectOf,
  strictTextOf,
  textValueOf,
  truncated,
} from '../translation/wire-values.ts';
import {
  answererOf,
  collectChoiceExtra,
  collectExtra,
  contentPieces,
  functionFieldsOf,
  logprobsOf,
  reasoningOf,
  unknownMessageFields,
} from './answer-fields.ts';
import { finishReasonOf, isUnfinished } from './finish-reason.ts';
import { usageFromWire } from './usage.ts';

/**
 * The response. Fields of the message without a name here become one `opaque` part whose value has no `type` (an opaque
 * value with a `type` is a content part); fields of the answer go to `extra`. Throws `upstream_malformed` when there is no
 * choice or message, or when its finish reason is null, which is the word for "not yet" (only OpenRouter, which then says that its
 * vendor gave none, means it), and `upstream_truncated` when the server says that it stopped halfway.
 * Usage that the server does not report is `unknownUsage`. Choices beyond `choiceCount` are skipped; when there are fewer, `n` is
 * reported.
 */
export function predictFromWire(body: JsonObject, context: AnswerContext, choiceCount: number = 1): PredictResponse {
  const [[, choice] = [], ...others] = numberedChoices(body['choices'], choiceCount);
  const answerer = answererOf(body, context);
  const { ending, ...first } = choiceFromWire(choice, answerer.id, context);
  const extra: JsonObject = {};
  collectExtra(extra, body, choice);
  const usage = usageFromWire(body['usage']) ?? usageFromWire(choice?.['usage']);
  const fingerprint = textValueOf(body['system_fingerprint']);
  const otherChoices = others.map(([index, other]) => otherFromWire(index, other, answerer.id, context));
  return {
    ...withChoicesReported(answerer, otherChoices.length + 1, choiceCount),
    ...first,
    ...ending,
    usage: usage ?? unknownUsage,
    ...(fingerprint === undefined ? {} : { systemFingerprint: fingerprint }),
    ...(isPresent(extra) ? { extra } : {}),
    ...(otherChoices.length === 0 ? {} : { otherChoices }),
  };
}

/** The choices with their numbers, the first in front. Where none has the number of the first, places are numbers. */
function numberedChoices(
  list: JsonValue | undefined,
  choiceCount: number,
): (readonly [number, JsonObject | undefined])[] {
  const choices = listOf(list).map(objectOf);
  const numbers = choiceCount === 1 ? [] : numbersOf(choices.map((choice) => choice ?? {}));
  const isNumbered = numbers.includes(0);
  const numbered = choices.map((choice, place) => [isNumbered ? (numbers[place] ?? place) : place, choice] as const);
  return numbered.filter(([number]) => number < choiceCount).sort(([one], [other]) => one - other);
}

function otherFromWire(index: number, wire: JsonObject | undefined, answerId: string, context: AnswerContext): Choice {
  const { ending, ...said } = choiceFromWire(wire, `${answerId}_${index}`, context);
  const extra: JsonObject = {};
  if (wire !== undefined) collectChoiceExtra(extra, wire);
  return { index, ...said, ...ending, ...(isPresent(extra) ? { extra } : {}) };
}

function choiceFromWire(
  choice: JsonObject | undefined,
  answerId: string,
  context: AnswerContext,
): ChoiceContent & { readonly ending: ChoiceEnding } {
  const message = objectOf(choice?.['message']);
  if (choice === undefined || message === undefined) throw upstreamMalformed('the answer has no choice with a message');
  const raw = textValueOf(choice['finish_reason']);
  if (raw !== undefined && isUnfinished(raw)) throw truncated(`finish_reason ${raw}`, context.target);
  if (choice['finish_reason'] === null && !Object.hasOwn(choice, 'native_finish_reason')) {
    throw upstreamMalformed('a whole answer whose finish_reason is null');
  }
  const logprobs = logprobsOf(choice);
  const stopSequence = textValueOf(choice['stop_reason']);
  return {
    content: contentOf(message, answerId),
    ...(logprobs === undefined ? {} : { logprobs: logprobs.tokens }),
    ending: {
      // A whole HTTP body is a whole answer even where a server has no field for why it stopped.
      finishReason: raw === undefined ? 'other' : finishReasonOf(raw),
      ...(raw === undefined ? {} : { rawFinishReason: raw }),
      ...(stopSequence === undefined ? {} : { stopSequence }),
    },
  };
}

function contentOf(message: JsonObject, answerId: string): ContentPart[] {
  const parts: ContentPart[] = [];
  const reasoning = reasoningOf(message);
  if (reasoning !== '') parts.push({ type: 'reasoning', text: reasoning });
  const { annotations, ...others } = unknownMessageFields(message) ?? {};
  addContent(parts, message);
  if (isPresent(annotations)) {
    const at = parts.findIndex((part) => part.type === 'text');
    const text = parts[at];
    if (text?.type === 'text' && Array.isArray(annotations)) parts[at] = { ...text, annotations };
    else others['annotations'] = annotations;
  }
  const refusal = strictTextOf(message['refusal'], 'refusal');
  if (refusal !== '') parts.push({ type: 'refusal', text: refusal });
  if (isPresent(others)) parts.push({ type: 'opaque', dialect: 'openai', value: others });
  addCalls(parts, message, answerId);
  return parts;
}

/** The calls. Functions and custom tools are numbered together, as in a stream. */
function addCalls(parts: ContentPart[], message: JsonObject, answerId: string): void {
  const legacy = strictObjectOf(message['function_call'], 'function_call');
  const calls = [
    ...strictListOf(message['tool_calls'], 'tool_calls'),
    ...(legacy === undefined ? [] : [{ function: legacy }]),
  ];
  if (calls.length > maxToolCalls) throw upstreamMalformed(`more than ${maxToolCalls} tool calls`);
  let position = 0;
  for (const call of calls) {
    const part = toolCallFromWire(call, position, answerId);
    if (part.type === 'tool-call' || objectOf(objectOf(call)?.['custom']) !== undefined) position += 1;
    parts.push(part);
  }
}

function addContent(parts: ContentPart[], message: JsonObject): void {
  const { content } = message;
  if (typeof content === 'string') {
    if (content !== '') parts.push({ type: 'text', text: content });
  } else if (content !== null && content !== undefined) {
    for (const piece of contentPieces(content)) {
      parts.push(piece.type === 'opaque' ? { type: 'opaque', dialect: 'openai', value: piece.value } : piece);
    }
  }
}

/**
 * A call. One without an id gets one that is made from the answer's id, so that a result can name it. What is not a function
 * but, say, OpenAI's custom tool, passes as it came.
 */
function toolCallFromWire(wire: JsonValue, position: number, answerId: string): ContentPart {
  const call = objectOf(wire) ?? {};
  const { id, type: _, index: __, function: definition, ...extra } = call;
  if (definition === undefined && isPresent(extra)) {
    return { type: 'opaque', dialect: 'openai', value: { tool_calls: [call] } };
  }
  const fields = objectOf(definition);
  const name = textValueOf(fields?.['name']);
  const unknown = functionFieldsOf(fields);
  if (unknown !== undefined) extra['function'] = unknown;
  if (name === undefined) throw upstreamMalformed('a tool call has no function name');
  return {
    type: 'tool-call',
    id: textValueOf(id) ?? madeUpCallId(answerId, position),
    name,
    arguments: argumentsOf(fields?.['arguments']),
    ...(isPresent(extra) ? { extra } : {}),
  };
}
