// A whole message as our response.

import { upstreamMalformed } from '../../core/error.ts';
import type { JsonObject } from '../../core/json.ts';
import type { ContentPart } from '../../core/message.ts';
import type { PredictResponse } from '../../core/predict.ts';

import { answererOf, collectExtra, endingOf, type MessageContext } from './answer-fields.ts';
import { partFromWire } from './block-from-wire.ts';
import { isAnswerCall, onlyAnswer } from './emulated-answer.ts';

/** The response, with `unknownUsage` where the vendor did not count. Throws `upstream_malformed` when there is no content. */
export function predictFromWire(body: JsonObject, context: MessageContext): PredictResponse {
  const blocks = body['content'];
  if (!Array.isArray(blocks)) throw upstreamMalformed('the answer has no list of content');
  const { answerTool } = context;
  const content: ContentPart[] = [];
  const answers: ContentPart[] = [];
  for (const block of blocks) {
    const part = partFromWire(block, answerTool);
    if (part === undefined) continue;
    content.push(part);
    if (isAnswerCall(block, answerTool)) answers.push(part);
  }
  const extra: JsonObject = {};
  collectExtra(extra, body);
  const ending = endingOf({
    stopReason: body['stop_reason'],
    stopSequence: body['stop_sequence'],
    usage: body['usage'],
    extra,
    isAnswerTool: answerTool !== undefined && !content.some((part) => part.type === 'tool-call'),
  });
  return { ...answererOf(body, context), content: onlyAnswer(content, answers, ending.finishReason), ...ending };
}
