// `anthropic_beta`, the features that a caller asks for: a field of our request, as it is of a body at Amazon Bedrock; a header at
// Anthropic and at Vertex AI.

import { SluiceError } from '../../core/error.ts';
import type { JsonObject } from '../../core/json.ts';
import { jsonPayload, type Payload } from '../transport/connection.ts';

/** What may stand in the header between commas. */
const nameShape = /^[\w.:-]+$/;

/**
 * The body without the field, and the header that says the same; it joins the one that the operator configured. Throws
 * `invalid_request` unless the field is a list of names.
 */
export function betasToWire(body: JsonObject): Payload {
  if (body['anthropic_beta'] === undefined) return jsonPayload(body);
  const { anthropic_beta: names, ...rest } = body;
  const isList = Array.isArray(names) && names.every((name) => typeof name === 'string' && nameShape.test(name));
  if (!isList) {
    const message = "Invalid value for 'anthropic_beta': it must be a list of names of features.";
    throw new SluiceError('invalid_request', { message, param: 'anthropic_beta' });
  }
  return names.length === 0
    ? jsonPayload(rest)
    : { ...jsonPayload(rest), headers: { 'anthropic-beta': names.join(', ') } };
}
