// From our response to OpenAI's chat completion.

import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { ContentPart } from '../../core/message.ts';
import type { PredictResponse } from '../../core/predict.ts';
import { chatUsageOf, finishReasonOf, logprobsOf, secondsOf } from './wire-words.ts';

/** The body as text. */
export function renderChatCompletion(response: PredictResponse): string {
  const logprobs = response.logprobs === undefined ? null : logprobsOf(response.logprobs);
  const choice = {
    index: 0,
    message: renderMessage(response.content),
    logprobs,
    finish_reason: finishReasonOf(response),
  };
  return JSON.stringify({
    // First, so that nothing unknown replaces a field that we know.
    ...response.extra,
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
  const message: JsonObject = { role: 'assistant', content: null, refusal: null };
  const toolCalls: JsonValue[] = [];
  const annotations: JsonValue[] = [];
  for (const part of content) {
    switch (part.type) {
      case 'text':
        message['content'] = append(message['content'], part.text);
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
        toolCalls.push({ id: part.id, type: 'function', function: { name: part.name, arguments: part.arguments } });
        break;
      case 'opaque':
        if (part.dialect === 'openai') Object.assign(message, part.value);
        break;
      default:
        break;
    }
  }
  if (toolCalls.length > 0) message['tool_calls'] = toolCalls;
  if (annotations.length > 0) message['annotations'] = annotations;
  return message;
}

function append(before: JsonValue | undefined, text: string): string {
  return typeof before === 'string' ? before + text : text;
}
