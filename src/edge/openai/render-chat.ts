// From our response to OpenAI's chat completion.

import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { ContentPart, ToolCallPart } from '../../core/message.ts';
import type { PredictResponse } from '../../core/predict.ts';
import {
  annotationFieldsOf,
  answerFieldsOf,
  callFieldsOf,
  chatUsageOf,
  endingFieldsOf,
  logprobsOf,
  secondsOf,
} from './wire-words.ts';

/** The body as text. */
export function renderChatCompletion(response: PredictResponse): string {
  const hasText = response.content.some((part) => part.type === 'text');
  const isRefusal = !hasText && response.content.some((part) => part.type === 'refusal');
  const spoken = isRefusal ? 'refusal' : 'content';
  const logprobs = response.logprobs === undefined ? null : logprobsOf(response.logprobs, spoken);
  const choice = {
    index: 0,
    message: renderMessage(response.content),
    logprobs,
    ...endingFieldsOf(response),
  };
  return JSON.stringify({
    // First, so that nothing unknown replaces a field that we know.
    ...answerFieldsOf(response.extra),
    id: response.id,
    object: 'chat.completion',
    created: secondsOf(response.createdAtMs),
    model: response.model,
    choices: [choice],
    usage: chatUsageOf(response.usage),
    ...(response.systemFingerprint === undefined ? {} : { system_fingerprint: response.systemFingerprint }),
  });
}

/** The fields of an opaque part are fields of the message; parts of other dialects have no form here. */
function renderMessage(content: readonly ContentPart[]): JsonObject {
  let message: JsonObject = { role: 'assistant', content: null, refusal: null };
  const toolCalls: JsonValue[] = [];
  const annotations: JsonValue[] = [];
  for (const part of content) {
    switch (part.type) {
      case 'text':
        // Fields without a name here, such as a thought signature, are those of the message: it has one text.
        message = { ...message, ...part.extra, content: append(message['content'], part.text) };
        if (part.annotations !== undefined) annotations.push(...part.annotations);
        break;
      case 'refusal':
        message['refusal'] = append(message['refusal'], part.text);
        break;
      case 'reasoning':
        // DeepSeek's name for it, which vLLM and most clients share; OpenAI shows no reasoning here.
        message['reasoning_content'] = append(message['reasoning_content'], part.text);
        break;
      case 'tool-call':
        toolCalls.push(renderCall(part));
        break;
      case 'opaque':
        if (part.dialect === 'openai') addFields(message, toolCalls, part.value);
        break;
      default:
        break;
    }
  }
  if (toolCalls.length > 0) message['tool_calls'] = toolCalls;
  return { ...message, ...annotationFieldsOf(annotations) };
}

/** Calls join the other calls, without the number that they have in a stream; a piece of a call goes to the call of its number. */
function addFields(message: JsonObject, toolCalls: JsonValue[], value: JsonObject): void {
  const { tool_calls: calls, ...fields } = value;
  Object.assign(message, fields);
  for (const call of Array.isArray(calls) ? calls : []) {
    if (!isJsonObject(call)) continue;
    const { index, ...shown } = call;
    const known = typeof index === 'number' && shown['id'] === undefined ? toolCalls[index] : undefined;
    if (isJsonObject(known)) Object.assign(known, { ...shown, ...known });
    else toolCalls.push(shown);
  }
}

/** Fields without a name here are shown as well: some vendors want them back with the next turn. */
function renderCall({ id, name, arguments: text, extra }: ToolCallPart): JsonObject {
  const { outer, inner } = callFieldsOf(extra);
  return { ...outer, id, type: 'function', function: { ...inner, name, arguments: text } };
}

function append(before: JsonValue | undefined, text: string): string {
  return typeof before === 'string' ? before + text : text;
}
