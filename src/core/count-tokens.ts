// The answer to a question about cost: how many tokens a request would take, without running it.

import type { Downgraded } from './downgraded.ts';
import type { UsageSource } from './usage.ts';

/**
 * A count of input tokens. `source` says whether the vendor counted or we estimated; an estimate is always shown as one.
 * `downgrades` are those that the answer would report; an estimate is made without asking the target, and reports none.
 */
export interface TokenCount extends Downgraded {
  readonly model: string;
  /** `provider/model` that was or would be asked. */
  readonly target: string;
  readonly attempts: number;
  readonly inputTokens: number;
  readonly source: UsageSource;
}
