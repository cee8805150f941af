// A whole chat completion as our response.

import { SluiceError } from '../../core/error.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { ContentPart } from '../../core/message.ts';
import type { PredictResponse } from '../../core/predict.ts';
import type { AnswerContext } from '../translation/answer-context.ts';
import { madeUpCallId } from '../translation/call-id.ts';
import { maxToolCalls } from '../translation/defaults.ts';
import { unknownUsage } from '../translation/usage.ts';
import { argumentsOf, isPresent, listOf, malformed, objectOf, textValueOf } from '../translation/wire-values.ts';
import {
  answererOf,
  collectExtra,
  contentPieces,
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
 * Usage that the server does not report is `unknownUsage`.
 */
export function predictFromWire(body: JsonObject, context: AnswerContext): PredictResponse {
  const choice = objectOf(listOf(body['choices'])[0]);
  const message = objectOf(choice?.['message']);
  if (choice === undefined || message === undefined) throw malformed('the answer has no choice with a message');
  const raw = textValueOf(choice['finish_reason']);
  if (raw !== undefined && isUnfinished(raw)) {
    throw new SluiceError('upstream_truncated', {
      detail: `finish_reason ${raw}`,
      upstream: { target: context.target },
    });
  }
  if (choice['finish_reason'] === null && !Object.hasOwn(choice, 'native_finish_reason')) {
    throw malformed('a whole answer whose finish_reason is null');
  }
  const answerer = answererOf(body, context);
  const content = contentOf(message, answerer.id);
  const logprobs = logprobsOf(choice);
  const extra: JsonObject = {};
  collectExtra(extra, body, choice);
  const usage = usageFromWire(body['usage']) ?? usageFromWire(choice['usage']);
  const stopSequence = textValueOf(choice['stop_reason']);
  const fingerprint = textValueOf(body['system_fingerprint']);
  return {
    ...answerer,
    content,
    ...(logprobs === undefined ? {} : { logprobs: logprobs.tokens }),
    // A whole HTTP body is a whole answer even where a server has no field for why it stopped.
    finishReason: raw === undefined ? 'other' : finishReasonOf(raw),
    ...(raw === undefined ? {} : { rawFinishReason: raw }),
    ...(stopSequence === undefined ? {} : { stopSequence }),
    usage: usage ?? unknownUsage,
    ...(fingerprint === undefined ? {} : { systemFingerprint: fingerprint }),
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
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
  const refusal = textValueOf(message['refusal']);
  if (refusal !== undefined) parts.push({ type: 'refusal', text: refusal });
  if (isPresent(others)) parts.push({ type: 'opaque', dialect: 'openai', value: others });
  addCalls(parts, message, answerId);
  return parts;
}

/** The calls, of which the functions are numbered. */
function addCalls(parts: ContentPart[], message: JsonObject, answerId: string): void {
  const legacy = objectOf(message['function_call']);
  const calls = [...listOf(message['tool_calls']), ...(legacy === undefined ? [] : [{ function: legacy }])];
  if (calls.length > maxToolCalls) throw malformed(`more than ${maxToolCalls} tool calls`);
  let position = 0;
  for (const call of calls) {
    const part = toolCallFromWire(call, position, answerId);
    if (part.type === 'tool-call') position += 1;
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
  if (name === undefined) throw malformed('a tool call has no function name');
  return {
    type: 'tool-call',
    id: textValueOf(id) ?? madeUpCallId(answerId, position),
    name,
    arguments: argumentsOf(fields?.['arguments']),
    ...(isPresent(extra) ? { extra } : {}),
  };
}
