// Classification requests and responses, core ↔ wire. An empty list of labels is the same as none.

import type { ClassifyRequest, ClassifyResponse } from '../../core/classify.ts';
import type * as wire from '../generated/sluice/inference/v1/inference.ts';
import { jsonToWire, optionalJsonObjectFromWire } from './json.ts';
import { present, unlessEmpty } from './present.ts';
import { usageFromWire, usageToWire } from './usage.ts';

/** What to label. */
export function classifyRequestToWire({ model, input, labels = [], extra }: ClassifyRequest): wire.ClassifyRequest {
  return { model, input: [...input], labels: [...labels], extraJson: jsonToWire(extra) };
}

/** The reverse of `classifyRequestToWire`. Throws `invalid_request`. */
export function classifyRequestFromWire({ model, input, labels, extraJson }: wire.ClassifyRequest): ClassifyRequest {
  const extra = optionalJsonObjectFromWire(extraJson, 'extra_json');
  return present({ model, input, labels: unlessEmpty(labels), extra });
}

/** The labels. */
export function classifyResponseToWire(response: ClassifyResponse): wire.ClassifyResponse {
  const { model, target, attempts, results, usage, downgrades = [] } = response;
  return {
    model,
    target,
    attempts,
    results: results.map((labels) => ({ labels: [...labels] })),
    usage: usageToWire(usage),
    downgrades: [...downgrades],
  };
}

/** The reverse of `classifyResponseToWire`. Throws `upstream_malformed`. */
export function classifyResponseFromWire(response: wire.ClassifyResponse): ClassifyResponse {
  const { results, usage, downgrades, ...answerer } = response;
  return present({
    ...answerer,
    results: results.map(({ labels }) => labels),
    usage: usageFromWire(usage),
    downgrades: unlessEmpty(downgrades),
  });
}
