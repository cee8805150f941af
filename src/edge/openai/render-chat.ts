// From our response to OpenAI's chat completion.

import { joinCalls, joinFields } from '../../core/join-fields.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { ContentPart, ToolCallPart } from '../../core/message.ts';
import { isMessageFields } from '../../core/opaque-part.ts';
import type { ChoiceContent, ChoiceEnding, PredictResponse } from '../../core/predict.ts';
import { LateContent } from './late-content.ts';
import { thinkingBlocksOf } from './thinking-blocks.ts';
import {
  answerFieldsOf,
  callFieldsOf,
  chatUsageOf,
  endingFieldsOf,
  logprobsOf,
  otherChoiceFieldsOf,
  secondsOf,
} from './wire-words.ts';

/** The body as text. */
export function renderChatCompletion(response: PredictResponse): string {
  const others = (response.otherChoices ?? []).map((choice) => renderChoice(choice, choice.index, otherChoiceFieldsOf));
  return JSON.stringify({
    // First, so that nothing unknown replaces a field that we know.
    ...answerFieldsOf(response.extra),
    id: response.id,
    object: 'chat.completion',
    created: secondsOf(response.createdAtMs),
    model: response.model,
    choices: [renderChoice(response, 0, endingFieldsOf), ...others],
    usage: chatUsageOf(response.usage),
    ...(response.systemFingerprint === undefined ? {} : { system_fingerprint: response.systemFingerprint }),
  });
}

function renderChoice(
  choice: ChoiceContent & ChoiceEnding,
  index: number,
  endingOf: (ending: ChoiceEnding, hasCalls: boolean) => JsonObject,
): JsonObject {
  const { content, logprobs } = choice;
  const hasText = content.some((part) => part.type === 'text');
  const isRefusal = !hasText && content.some((part) => part.type === 'refusal');
  const spoken = logprobs === undefined ? null : logprobsOf(logprobs, isRefusal ? 'refusal' : 'content');
  const message = renderMessage(content);
  return { index, message, logprobs: spoken, ...endingOf(choice, message['tool_calls'] !== undefined) };
}

/** The fields of an opaque part are fields of the message; parts without a form here are carried (late-content.ts). */
function renderMessage(content: readonly ContentPart[]): JsonObject {
  const message: JsonObject = { role: 'assistant', content: null, refusal: null };
  const toolCalls: JsonObject[] = [];
  const images: JsonValue[] = [];
  const late = new LateContent();
  for (const part of content) {
    if (part.type === 'text') {
      late.addText(part.text.length, true);
      late.annotate(part.annotations ?? []);
      // Fields without a name here, such as a thought signature, are those of the message: it has one text.
      const fields: JsonObject = {};
      joinFields(fields, part.extra ?? {});
      Object.assign(message, fields, { content: append(message['content'], part.text) });
      continue;
    }
    late.endBlock();
    const image = addPart(message, toolCalls, late, part);
    if (image !== undefined) images.push(image);
  }
  if (toolCalls.length > 0) message['tool_calls'] = toolCalls;
  if (images.length > 0) joinFields(message, { images });
  joinFields(message, { ...thinkingBlocksOf(content), ...late.fields() });
  return message;
}

/** Adds a part that is no text. A picture is returned. */
function addPart(
  message: JsonObject,
  toolCalls: JsonObject[],
  late: LateContent,
  part: Exclude<ContentPart, { type: 'text' }>,
): JsonObject | undefined {
  switch (part.type) {
    case 'refusal':
      message['refusal'] = append(message['refusal'], part.text);
      return undefined;
    case 'reasoning':
      // DeepSeek's name for it, which vLLM and most clients share; OpenAI shows no reasoning here.
      message['reasoning_content'] = append(message['reasoning_content'], part.text);
      return undefined;
    case 'tool-call':
      toolCalls.push(renderCall(part));
      late.addCall();
      return undefined;
    case 'opaque': {
      if (!isMessageFields(part)) return late.carry(part);
      const { tool_calls: calls, ...fields } = part.value;
      joinFields(message, fields);
      joinCalls(toolCalls, calls);
      return undefined;
    }
    default:
      return late.carryTyped(part);
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
