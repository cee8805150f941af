// The translation of one request into Anthropic's form: it knows which model it is for.

import type { Dialect } from '../../core/message.ts';
import { RequestTranslation } from '../translation/request-translation.ts';
import { featuresOf, type ModelFeatures } from './model-features.ts';

/** A translation for one model. */
export class Translation extends RequestTranslation {
  readonly features: ModelFeatures;

  constructor(dialect: Dialect, model: string) {
    super(dialect, 'anthropic');
    this.features = featuresOf(model);
  }
}
