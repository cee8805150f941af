// Token usage, core ↔ wire.

import type { Usage } from '../../core/usage.ts';
import type * as wire from '../generated/sluice/inference/v1/inference.ts';
import { malformed } from './answer.ts';
import { usageSourceFromWire, usageSourceToWire } from './enums.ts';
import { present } from './present.ts';

/** Token counts. */
export function usageToWire(usage: Usage): wire.Usage {
  return {
    inputTokens: usage.inputTokens,
    outputTokens: usage.outputTokens,
    cachedInputTokens: usage.cachedInputTokens,
    cacheWriteInputTokens: usage.cacheWriteInputTokens,
    reasoningTokens: usage.reasoningTokens,
    source: usageSourceToWire[usage.source],
  };
}

/** The reverse of `usageToWire`. A source that is unknown counts as an estimate. Throws `upstream_malformed` for none. */
export function usageFromWire(usage: wire.Usage | undefined): Usage {
  if (usage === undefined) throw malformed('an answer without usage');
  return present({ ...usage, source: usageSourceFromWire(usage.source) });
}
