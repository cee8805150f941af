// The question how many input tokens a request would take: POST /messages/count_tokens.

import type { TokenCount } from '../../core/count-tokens.ts';
import { SluiceError } from '../../core/error.ts';
import type { JsonObject } from '../../core/json.ts';
import { countOf } from '../translation/wire-values.ts';

/** Fields of a message request that only say how the answer is made; the count refuses them. */
const answerFields: readonly string[] = [
  'max_tokens',
  'stream',
  'temperature',
  'top_p',
  'top_k',
  'stop_sequences',
  'metadata',
  'service_tier',
  'container',
  'inference_geo',
  'diagnostics',
];

/** The body of the question, from that of the request. */
export function countToWire(body: JsonObject): JsonObject {
  const question = { ...body };
  for (const name of answerFields) delete question[name];
  return question;
}

/** The vendor's count. Throws `upstream_malformed` when there is none. */
export function countFromWire(body: JsonObject, model: string, target: string): TokenCount {
  const inputTokens = countOf(body['input_tokens']);
  if (inputTokens === undefined)
    throw new SluiceError('upstream_malformed', { detail: 'the count has no input_tokens' });
  return { model, target, attempts: 1, inputTokens, source: 'provider' };
}
