// The header `anthropic-beta`: features that a caller asks Anthropic for. It travels as the field `anthropic_beta` of the request,
// the name that Amazon Bedrock gives it in bodies: a target of Anthropic's gets it as a header again, and no other gets it.

import type { IncomingHttpHeaders } from 'node:http';
import { SluiceError } from '../../core/error.ts';
import type { PredictRequest } from '../../core/predict.ts';
import { maxBetas } from './defaults.ts';

/** Names that Anthropic has given are words with dashes and a date, such as `context-1m-2025-08-07`. */
const nameShape = /^[\w.:-]{1,128}$/;

/** The request with the features of the header, after those that its body names. Throws `invalid_request` for what is no name. */
export function withBetas(request: PredictRequest, headers: IncomingHttpHeaders): PredictRequest {
  const header = headers['anthropic-beta'];
  if (header === undefined) return request;
  const given = request.extra?.['anthropic_beta'];
  const names = new Set(Array.isArray(given) ? given : []);
  for (const text of String(header).split(',')) {
    const name = text.trim();
    if (name === '') continue;
    if (!nameShape.test(name)) throw invalidHeader('holds something that is not the name of a feature');
    names.add(name);
  }
  if (names.size > maxBetas) throw invalidHeader(`names more than ${maxBetas} features`);
  return names.size === 0 ? request : { ...request, extra: { ...request.extra, anthropic_beta: [...names] } };
}

function invalidHeader(fault: string): SluiceError {
  return new SluiceError('invalid_request', {
    message: `The header anthropic-beta ${fault}.`,
    param: 'anthropic-beta',
  });
}
