// Ranking requests and responses, core ↔ wire, losing nothing.

import type { RankRequest, RankResponse } from '../../core/rank.ts';
import type * as wire from '../generated/sluice/inference/v1/inference.ts';
import { jsonToWire, optionalJsonObjectFromWire } from './json.ts';
import { present, unlessEmpty } from './present.ts';
import { usageFromWire, usageToWire } from './usage.ts';
import { wholeNumber } from './whole-number.ts';

/** What to rank. Throws `invalid_request` for a `topN` that is not a whole number. */
export function rankRequestToWire(request: RankRequest): wire.RankRequest {
  const { model, query, documents, extra } = request;
  const topN = wholeNumber(request.topN, 'top_n');
  return { model, query, documents: [...documents], topN, extraJson: jsonToWire(extra) };
}

/** The reverse of `rankRequestToWire`. Throws `invalid_request`. */
export function rankRequestFromWire({ extraJson, ...request }: wire.RankRequest): RankRequest {
  return present({ ...request, extra: optionalJsonObjectFromWire(extraJson, 'extra_json') });
}

/** The ranking. */
export function rankResponseToWire(response: RankResponse): wire.RankResponse {
  const { model, target, attempts, results, usage, downgrades = [] } = response;
  return { model, target, attempts, results: [...results], usage: usageToWire(usage), downgrades: [...downgrades] };
}

/** The reverse of `rankResponseToWire`. Throws `upstream_malformed`. */
export function rankResponseFromWire({ usage, downgrades, ...ranking }: wire.RankResponse): RankResponse {
  return present({ ...ranking, usage: usageFromWire(usage), downgrades: unlessEmpty(downgrades) });
}
