// The closed vocabularies, both ways. A word that this version does not know decodes to undefined; the caller decides.

import type { Dialect, Role } from '../../core/message.ts';
import type { FinishReason } from '../../core/predict.ts';
import type { UsageSource } from '../../core/usage.ts';
import * as wire from '../generated/sluice/inference/v1/inference.ts';

/** Who speaks. */
export const roleToWire: Readonly<Record<Role, wire.Role>> = {
  system: wire.Role.SYSTEM,
  developer: wire.Role.DEVELOPER,
  user: wire.Role.USER,
  assistant: wire.Role.ASSISTANT,
  tool: wire.Role.TOOL,
};
/** The reverse of `roleToWire`. */
export const roleFromWire: ReadonlyMap<number, Role> = inverse(roleToWire);

/** The dialect of fields without a form of their own. */
export const dialectToWire: Readonly<Record<Dialect, wire.Dialect>> = {
  openai: wire.Dialect.OPENAI,
  'openai-responses': wire.Dialect.OPENAI_RESPONSES,
  anthropic: wire.Dialect.ANTHROPIC,
  vertex: wire.Dialect.VERTEX,
  sluice: wire.Dialect.SLUICE,
};
const dialects = inverse(dialectToWire);

/** The dialect; `sluice` when none is given or it is unknown: then nobody interprets what is marked with it. */
export function dialectFromWire(dialect: wire.Dialect): Dialect {
  return dialects.get(dialect) ?? 'sluice';
}

/** Why the model stopped. */
export const finishReasonToWire: Readonly<Record<FinishReason, wire.FinishReason>> = {
  stop: wire.FinishReason.STOP,
  length: wire.FinishReason.LENGTH,
  'tool-calls': wire.FinishReason.TOOL_CALLS,
  'content-filter': wire.FinishReason.CONTENT_FILTER,
  other: wire.FinishReason.OTHER,
};
/** The reverse of `finishReasonToWire`. */
export const finishReasonFromWire: ReadonlyMap<number, FinishReason> = inverse(finishReasonToWire);

/** Where a usage figure came from. */
export const usageSourceToWire: Readonly<Record<UsageSource, wire.Usage_Source>> = {
  provider: wire.Usage_Source.PROVIDER,
  engine: wire.Usage_Source.ENGINE,
  estimated: wire.Usage_Source.ESTIMATED,
};
const usageSources = inverse(usageSourceToWire);

/** The source; one that is unknown counts as an estimate. */
export function usageSourceFromWire(source: wire.Usage_Source): UsageSource {
  return usageSources.get(source) ?? 'estimated';
}

function inverse<Word extends string>(words: Readonly<Record<Word, number>>): ReadonlyMap<number, Word> {
  return new Map((Object.entries(words) as [Word, number][]).map(([word, value]) => [value, word]));
}
