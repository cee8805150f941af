// A whole response of the Responses API as ours.

import { upstreamMalformed } from '../../../core/error.ts';
import type { JsonObject } from '../../../core/json.ts';
import type { ContentPart } from '../../../core/message.ts';
import type { Answerer, Ending, PredictRequest, PredictResponse } from '../../../core/predict.ts';
import { type AnswerContext, downgradesOf } from '../../translation/answer-context.ts';
import { unknownUsage } from '../../translation/usage.ts';
import { isPresent, objectOf, textValueOf } from '../../translation/wire-values.ts';
import { asksCaller, finishReasonOf } from './finish-reason.ts';
import { keepsItems, logprobsOfItem, partsOfItem } from './item-from-wire.ts';
import { usageFromWire } from './usage.ts';

/** Fields of a response that are read, or that only repeat what the caller sent at length. */
const readFields: ReadonlySet<string> = new Set([
  'id',
  'object',
  'created_at',
  'model',
  'output',
  'output_text',
  'status',
  'error',
  'incomplete_details',
  'usage',
  'input',
  'instructions',
  'tools',
]);

/**
 * The response. A response that failed throws what its error means; one that is not complete (queued, cancelled) throws
 * `upstream_truncated`; usage that is not reported is `unknownUsage`.
 */
export function responseFromWire(body: JsonObject, request: PredictRequest, context: AnswerContext): PredictResponse {
  const output = outputOf(body);
  const content: ContentPart[] = [];
  let calls = 0;
  for (const item of output) {
    content.push(...partsOfItem(item, request, calls));
    if (item['type'] === 'function_call' || item['type'] === 'custom_tool_call') calls += 1;
  }
  const logprobs = output.flatMap(logprobsOfItem);
  return {
    ...answererOf(body, context),
    content,
    ...(logprobs.length === 0 ? {} : { logprobs }),
    ...endingOf(body, output.some(asksCaller), request, context),
  };
}

/** The items of a response. Throws `upstream_malformed` for what is none. */
function outputOf(body: JsonObject): JsonObject[] {
  const { output } = body;
  if (!Array.isArray(output)) throw upstreamMalformed('the response has no output');
  return output.map((value) => {
    const item = objectOf(value);
    if (item === undefined || textValueOf(item['type']) === undefined)
      throw upstreamMalformed('an output item has no type');
    return item;
  });
}

/** Who answered, from a response or from an event that holds one. */
export function answererOf(response: JsonObject, context: AnswerContext): Answerer {
  const created = response['created_at'];
  return {
    id: textValueOf(response['id']) ?? context.requestId,
    model: textValueOf(response['model']) ?? context.model,
    target: context.target,
    createdAtMs: typeof created === 'number' && created > 0 ? Math.round(created * 1000) : context.nowMs,
    attempts: 1,
    ...downgradesOf(context),
  };
}

/** How the response ended. */
export function endingOf(
  response: JsonObject,
  hasCallersCall: boolean,
  request: PredictRequest,
  context: AnswerContext,
): Ending {
  const extra = extraOf(response, request);
  return {
    ...finishReasonOf(response, hasCallersCall, context.target),
    usage: usageFromWire(response['usage']) ?? unknownUsage,
    ...(isPresent(extra) ? { extra } : {}),
  };
}

/** Callers of the Responses API get all fields of the response; to others only the service tier means anything. */
function extraOf(response: JsonObject, request: PredictRequest): JsonObject {
  const extra: JsonObject = {};
  const keeps = keepsItems(request);
  for (const [name, value] of Object.entries(response)) {
    if (value === null || readFields.has(name)) continue;
    if (keeps || name === 'service_tier') extra[name] = value;
  }
  return extra;
}
