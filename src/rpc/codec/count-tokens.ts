// Counts of tokens, core ↔ wire; what is counted is a PredictRequest.

import type { TokenCount } from '../../core/count-tokens.ts';
import type * as wire from '../generated/sluice/inference/v1/inference.ts';
import { usageSourceFromWire, usageSourceToWire } from './enums.ts';
import { present, unlessEmpty } from './present.ts';

/** The count. */
export function tokenCountToWire(count: TokenCount): wire.TokenCount {
  const { model, target, attempts, inputTokens, source, downgrades = [] } = count;
  return { model, target, attempts, inputTokens, source: usageSourceToWire[source], downgrades: [...downgrades] };
}

/** The reverse of `tokenCountToWire`. A source that is unknown counts as an estimate. */
export function tokenCountFromWire({ source, downgrades, ...count }: wire.TokenCount): TokenCount {
  return present({ ...count, source: usageSourceFromWire(source), downgrades: unlessEmpty(downgrades) });
}
