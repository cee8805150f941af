// The request and response of a ranking call: which documents fit a query best.

import type { Downgraded } from './downgraded.ts';
import type { JsonObject } from './json.ts';
import type { Usage } from './usage.ts';

/** What a caller asks a ranking model for. */
export interface RankRequest {
  readonly model: string;
  readonly query: string;
  /** Texts, in order; at least one. */
  readonly documents: readonly string[];
  /** How many of the best to return; absent: all. */
  readonly topN?: number;
  /** Fields that Sluice has no name for, as they came. */
  readonly extra?: JsonObject;
}

/** Documents by falling score. */
export interface RankResponse extends Downgraded {
  readonly model: string;
  /** `provider/model` that answered. */
  readonly target: string;
  readonly attempts: number;
  /** `index` is the place in the request; scores are comparable within one response only. */
  readonly results: readonly { readonly index: number; readonly score: number }[];
  readonly usage: Usage;
}
