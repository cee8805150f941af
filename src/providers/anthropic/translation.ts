// The translation of one request into Anthropic's form: it knows which model it is for.

import type { Dialect } from '../../core/message.ts';
import { RequestTranslation } from '../translation/request-translation.ts';
import { featuresOf, type ModelFeatures } from './model-features.ts';

/** Anthropic's own fields of blocks that callers of other dialects use too, or send back with the answer that had them. */
const shared: ReadonlySet<string> = new Set(['cache_control', 'caller']);

/** Fields that vendors and client libraries add to messages and parts and that say nothing to the model. */
const hints: ReadonlySet<string> = new Set([
  'annotations',
  'channel',
  'prompt_cache_breakpoint',
  'reasoning',
  'reasoning_content',
  'reasoning_details',
  'refusal',
]);

/** Under these names the edge shows, in Anthropic's dialect too, what other vendors say of a block: no fields of Anthropic's. */
const ours: ReadonlySet<string> = new Set(['annotations', 'extra_content']);

/** A translation for one model. */
export class Translation extends RequestTranslation {
  readonly features: ModelFeatures;

  constructor(dialect: Dialect, model: string) {
    super(dialect, 'anthropic', { hints, ours, shared });
    this.features = featuresOf(model);
  }
}
