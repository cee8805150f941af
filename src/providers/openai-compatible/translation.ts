// The translation of one request into one of OpenAI's two APIs: what is special about them among the vendors.

import type { JsonObject } from '../../core/json.ts';
import type { Dialect } from '../../core/message.ts';
import { RequestTranslation } from '../translation/request-translation.ts';

/** Markers for a vendor's cache: they change no answer. */
const hints: ReadonlySet<string> = new Set(['cache_control', 'prompt_cache_breakpoint']);

/** A translation with OpenAI's rules for unknown fields below the body; those of the body have tables (extra-to-wire.ts). */
export class Translation extends RequestTranslation {
  constructor(from: Dialect, to: 'openai' | 'openai-responses') {
    super(from, to);
  }

  /** Adds the unknown fields of a part of the request: cache markers are reported, others of a foreign dialect refused. */
  addPartExtra(wire: JsonObject, extra: JsonObject | undefined, path: string): JsonObject {
    return this.addExtra(wire, extra, { path, hints });
  }

  /** Adds what an earlier answer brought along and the caller only sends back: of a foreign dialect reported, never refused. */
  addEcho(wire: JsonObject, extra: JsonObject | undefined): JsonObject {
    return this.addExtra(wire, extra, { path: '', others: 'report' });
  }
}
