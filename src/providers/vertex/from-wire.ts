// A whole answer as our response.

import { ResponseCollector } from '../../core/collect.ts';
import type { JsonObject } from '../../core/json.ts';
import type { PredictPart, PredictRequest, PredictResponse } from '../../core/predict.ts';
import type { AnswerContext } from '../translation/answer-context.ts';
import { withChoicesReported } from '../translation/other-choices.ts';
import type { EmbeddedFailure } from '../transport/vendor-error.ts';
import { GenerateStreamReader } from './stream.ts';

/**
 * The response. It is read as a stream of one chunk. Throws `content_filtered` for a blocked prompt and
 * `upstream_malformed` for a body without a candidate that says anything. When there are fewer candidates than were asked for, `n` is
 * reported.
 */
export async function predictFromWire(
  body: JsonObject,
  request: PredictRequest,
  context: AnswerContext,
  failure: EmbeddedFailure,
): Promise<PredictResponse> {
  const reader = new GenerateStreamReader(request, context, failure);
  const parts: PredictPart[] = [];
  reader.readChunk(body, parts);
  reader.finishWhole(parts);
  const collector = new ResponseCollector();
  for (const part of parts) collector.add(part.type === 'end' ? await reader.settle(part) : part);
  const response = collector.finish();
  const { otherChoices = [] } = response;
  return withChoicesReported(response, otherChoices.length + 1, request.sampling.choiceCount ?? 1);
}
