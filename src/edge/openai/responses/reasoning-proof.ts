// What a vendor other than OpenAI wants back with its reasoning (Anthropic's signature, its hidden thoughts), in the one field
// that callers of the Responses API send back unread: `encrypted_content`.

import { isJsonObject, type JsonObject } from '../../../core/json.ts';
import type { ReasoningPart } from '../../../core/message.ts';

/** By which such a value is told from OpenAI's own, which are Fernet tokens and begin with `gAAAA`. */
const prefix = 'sluice-reasoning.';

/** The fields of a reasoning part that belong to the vendor. */
export type ReasoningProof = Pick<ReasoningPart, 'signature' | 'encrypted' | 'extra'>;

/** The value of `encrypted_content`; undefined when there is nothing to keep. */
export function encodeProof(proof: ReasoningProof): string | undefined {
  if (proof.signature === undefined && proof.encrypted === undefined && proof.extra === undefined) return undefined;
  return prefix + Buffer.from(JSON.stringify(proof)).toString('base64url');
}

/**
 * The proof within a value of `encrypted_content`; undefined for one that is OpenAI's own, or that is not whole: then the
 * reasoning has no proof, and no vendor is shown one that it did not give.
 */
export function decodeProof(value: string): ReasoningProof | undefined {
  if (!value.startsWith(prefix)) return undefined;
  const { signature, encrypted, extra } = parse(Buffer.from(value.slice(prefix.length), 'base64url').toString()) ?? {};
  return {
    ...(typeof signature === 'string' ? { signature } : {}),
    ...(typeof encrypted === 'string' ? { encrypted } : {}),
    ...(isJsonObject(extra) ? { extra } : {}),
  };
}

function parse(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
