// Token usage, core ↔ wire.

import type { Usage } from '../../core/usage.ts';
import type * as wire from '../generated/sluice/inference/v1/inference.ts';
import { answerObject, malformed } from './answer.ts';
import { usageSourceFromWire, usageSourceToWire } from './enums.ts';
import { jsonToWire } from './json.ts';
import { present } from './present.ts';

/** Counts have the same names on both sides: a count that the contract does not have is an error of types here. */
type Counts = Pick<wire.Usage, keyof Omit<Usage, 'source' | 'extra'>>;

/** Token counts, and what the vendor says beside them. */
export function usageToWire({ source, extra, ...rest }: Usage): wire.Usage {
  const counts: Counts = rest;
  return { ...counts, source: usageSourceToWire[source], extraJson: jsonToWire(extra) };
}

/** The reverse of `usageToWire`. A source that is unknown counts as an estimate. Throws `upstream_malformed` for none. */
export function usageFromWire(usage: wire.Usage | undefined): Usage {
  if (usage === undefined) throw malformed('an answer without usage');
  const { source, extraJson, ...counts } = usage;
  return present({ ...counts, source: usageSourceFromWire(source), extra: answerObject(extraJson) });
}
