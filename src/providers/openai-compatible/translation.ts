// The translation of one request into one of OpenAI's two APIs: what is special about them among the vendors.

import type { JsonObject } from '../../core/json.ts';
import type { Dialect } from '../../core/message.ts';
import { RequestTranslation } from '../translation/request-translation.ts';

/** Markers for a vendor's cache: they change no answer. */
const hints: ReadonlySet<string> = new Set(['cache_control', 'prompt_cache_breakpoint']);

/**
 * Fields of messages, parts and calls that answers of other vendors carry, under the names that our edge or their own servers of
 * OpenAI's dialect give them. OpenAI itself refuses what it does not know.
 */
const foreign: ReadonlySet<string> = new Set([
  'citations',
  'extra_content',
  'images',
  'provider_content',
  'provider_specific_fields',
  'reasoning',
  'reasoning_content',
  'reasoning_details',
  'thinking_blocks',
]);

/** Who is at the other end: OpenAI, or any server of its dialect, which may be the one that made what a caller sends back. */
export type Recipient = 'openai' | 'any';

/** A translation with OpenAI's rules for unknown fields below the body; those of the body have tables (extra-to-wire.ts). */
export class Translation extends RequestTranslation {
  /** True where thoughts of earlier answers go back as text. */
  readonly takesThoughts: boolean;

  constructor(from: Dialect, to: 'openai' | 'openai-responses', recipient: Recipient = 'any') {
    super(from, to, { hints, ...(recipient === 'openai' ? { ours: foreign } : {}) });
    this.takesThoughts = recipient === 'any';
  }

  /** Adds the unknown fields of a tool: cache markers are reported, others of a foreign dialect refused. */
  addToolExtra(wire: JsonObject, extra: JsonObject | undefined, path: string): JsonObject {
    return this.addExtra(wire, extra, { path, hints });
  }
}
