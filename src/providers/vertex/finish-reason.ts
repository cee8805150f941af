// Google's word for why the model stopped, and what it means here.

import { entryOf, type JsonValue } from '../../core/json.ts';
import type { FinishReason } from '../../core/predict.ts';

const meanings: Readonly<Record<string, FinishReason>> = {
  STOP: 'stop',
  MAX_TOKENS: 'length',
  SAFETY: 'content-filter',
  RECITATION: 'content-filter',
  BLOCKLIST: 'content-filter',
  PROHIBITED_CONTENT: 'content-filter',
  SPII: 'content-filter',
  MODEL_ARMOR: 'content-filter',
  IMAGE_SAFETY: 'content-filter',
  IMAGE_PROHIBITED_CONTENT: 'content-filter',
  IMAGE_RECITATION: 'content-filter',
};

/** Words by number, which some clients' transports bring. From 6 on the two APIs number differently: those keep the number. */
const numbered: readonly (string | undefined)[] = [undefined, 'STOP', 'MAX_TOKENS', 'SAFETY', 'RECITATION', 'OTHER'];

/** The vendor's word as text; undefined when there is none yet. */
export function rawFinishReasonOf(value: JsonValue | undefined): string | undefined {
  if (typeof value === 'number') return value === 0 ? undefined : (numbered[value] ?? String(value));
  return typeof value === 'string' && value !== '' && value !== 'FINISH_REASON_UNSPECIFIED' ? value : undefined;
}

/**
 * The meaning of the word. Google says STOP also after calls; MALFORMED_FUNCTION_CALL, UNEXPECTED_TOOL_CALL, LANGUAGE and what
 * is not known is `other`, shown by its own word.
 */
export function finishReasonOf(raw: string, hasCalls: boolean): FinishReason {
  const meaning = entryOf(meanings, raw) ?? 'other';
  return meaning === 'stop' && hasCalls ? 'tool-calls' : meaning;
}
