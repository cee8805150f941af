// What a model of Anthropic's takes, told by its name. Only requests of other dialects are shaped by it: a caller who speaks
// Anthropic's own dialect gets the vendor's verdict.

/** What may be sent to a model. */
export interface ModelFeatures {
  /** Tokens that one answer may have at most, where that is less than `maxTokensDefault`; else absent. */
  readonly maxOutputTokens?: number;
  /** How reasoning is asked for: not at all, by a budget of tokens, or by a word of effort (`adaptive`). */
  readonly thinking: 'none' | 'budget' | 'adaptive';
  /** True when `output_config.format` and `strict` tools are known. */
  readonly jsonSchema: boolean;
  /** `any`: temperature, top_p and top_k together; `one`: temperature or top_p; `none`: newer models refuse all of them. */
  readonly sampling: 'any' | 'one' | 'none';
  /** True when the answer goes on from a last turn of the assistant; models from 4.6 on refuse such a turn. */
  readonly prefill: boolean;
}

/** A name without a version that we can read, such as one of another vendor's server: what every server of the API takes. */
const unknownModel: ModelFeatures = { thinking: 'budget', jsonSchema: false, sampling: 'any', prefill: false };

/**
 * The features of a model, by Anthropic's documentation of its models. Versions: `claude-3-haiku` 3.0, `claude-3-7-sonnet` 3.7,
 * `claude-opus-4-1` 4.1, `claude-sonnet-4@20250514` 4.0; a version above the newest that is known has the newest features.
 */
export function featuresOf(model: string): ModelFeatures {
  const version = versionOf(model);
  if (version === undefined) return unknownModel;
  const maxOutputTokens = version < 3.5 ? 4096 : version < 3.7 ? 8192 : undefined;
  return {
    ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
    thinking: version < 3.7 ? 'none' : version < 4.6 ? 'budget' : 'adaptive',
    jsonSchema: version >= 4.5 || (version >= 4.1 && model.includes('opus')),
    sampling: version < 4.1 ? 'any' : version < 4.7 ? 'one' : 'none',
    prefill: version < 4.6,
  };
}

/** Major and minor version as a number; the eight digits of a date are no version. */
function versionOf(model: string): number | undefined {
  const match = /claude-(?:instant-|[a-z]+-)?(\d{1,2})(?:[-.](\d)(?!\d))?(?![\d])/.exec(model);
  if (match === null) return undefined;
  return Number(match[1]) + Number(match[2] ?? 0) / 10;
}
