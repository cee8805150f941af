// What whole messages and the events of a stream have in common: who answered, how it ended, fields without a name here.

import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { Answerer, Ending, PredictRequest } from '../../core/predict.ts';
import { type AnswerContext, downgradesOf } from '../translation/answer-context.ts';
import { keepFields } from '../translation/extra-fields.ts';
import { unknownUsage } from '../translation/usage.ts';
import { isPresent, textValueOf } from '../translation/wire-values.ts';
import { finishReasonOf } from './finish-reason.ts';
import type { MessageRequest } from './to-wire.ts';
import { usageFromWire } from './usage.ts';

/** What an answer needs beside the vendor's bytes. */
export interface MessageContext extends AnswerContext {
  readonly request: PredictRequest;
  /** The tool whose input is the text of the answer. */
  readonly answerTool: MessageRequest['answerTool'];
}

/** Who answered, out of a message. */
export function answererOf(message: JsonObject, context: MessageContext): Answerer {
  return {
    id: textValueOf(message['id']) ?? context.requestId,
    model: textValueOf(message['model']) ?? context.model,
    target: context.target,
    createdAtMs: context.nowMs,
    attempts: 1,
    ...downgradesOf(context),
  };
}

const messageFields: ReadonlySet<string> = new Set([
  'type',
  'id',
  'role',
  'model',
  'content',
  'stop_reason',
  'stop_sequence',
  'usage',
]);

/** Collects fields of a message, event or delta that have no name here, the last value of each. */
export function collectExtra(into: JsonObject, from: JsonObject, known: ReadonlySet<string> = messageFields): void {
  keepFields(into, from, known);
}

/** What an ending is made of. */
export interface EndingFields {
  readonly stopReason: JsonValue | undefined;
  readonly stopSequence: JsonValue | undefined;
  readonly usage: JsonValue | undefined;
  readonly extra: JsonObject;
  /** True when the answer called the tool that stands for its form, and no other. */
  readonly isAnswerTool: boolean;
}

/** How the answer ended; the usage is `unknownUsage` where the vendor did not count. */
export function endingOf(fields: EndingFields): Ending {
  const raw = textValueOf(fields.stopReason);
  const stopSequence = textValueOf(fields.stopSequence);
  return {
    finishReason: finishReasonOf(raw, fields.isAnswerTool),
    ...(raw === undefined ? {} : { rawFinishReason: raw }),
    ...(stopSequence === undefined ? {} : { stopSequence }),
    usage: usageFromWire(fields.usage) ?? unknownUsage,
    ...(isPresent(fields.extra) ? { extra: { ...fields.extra } } : {}),
  };
}
