// Token usage, core ↔ wire.

import type { Usage } from '../../core/usage.ts';
import type * as wire from '../generated/sluice/inference/v1/inference.ts';
import { answerObject, malformed } from './answer.ts';
import { usageSourceFromWire, usageSourceToWire } from './enums.ts';
import { jsonToWire } from './json.ts';
import { present } from './present.ts';

/** Token counts, and what the vendor says beside them. */
export function usageToWire({ source, extra, ...counts }: Usage): wire.Usage {
  return {
    inputTokens: counts.inputTokens,
    outputTokens: counts.outputTokens,
    vendorTotalTokens: counts.vendorTotalTokens,
    cachedInputTokens: counts.cachedInputTokens,
    cacheWriteInputTokens: counts.cacheWriteInputTokens,
    audioInputTokens: counts.audioInputTokens,
    audioOutputTokens: counts.audioOutputTokens,
    reasoningTokens: counts.reasoningTokens,
    acceptedPredictionTokens: counts.acceptedPredictionTokens,
    rejectedPredictionTokens: counts.rejectedPredictionTokens,
    source: usageSourceToWire[source],
    extraJson: jsonToWire(extra),
  };
}

/** The reverse of `usageToWire`. A source that is unknown counts as an estimate. Throws `upstream_malformed` for none. */
export function usageFromWire(usage: wire.Usage | undefined): Usage {
  if (usage === undefined) throw malformed('an answer without usage');
  const { source, extraJson, ...counts } = usage;
  return present({ ...counts, source: usageSourceFromWire(source), extra: answerObject(extraJson) });
}
