// Counts of tokens, core ↔ wire; what is counted is a PredictRequest.

import type { TokenCount } from '../../core/count-tokens.ts';
import type * as wire from '../generated/sluice/inference/v1/inference.ts';
import { usageSourceFromWire, usageSourceToWire } from './enums.ts';

/** The count. */
export function tokenCountToWire({ model, target, attempts, inputTokens, source }: TokenCount): wire.TokenCount {
  return { model, target, attempts, inputTokens, source: usageSourceToWire[source] };
}

/** The reverse of `tokenCountToWire`. A source that is unknown counts as an estimate. */
export function tokenCountFromWire(count: wire.TokenCount): TokenCount {
  return { ...count, source: usageSourceFromWire(count.source) };
}
