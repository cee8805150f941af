// The translation of one request into Google's form: it knows which model and which of Google's two APIs it is for.

import type { JsonObject } from '../../core/json.ts';
import type { Dialect } from '../../core/message.ts';
import { RequestTranslation } from '../translation/request-translation.ts';
import type { Api } from './address.ts';

/** Fields of messages, parts and tools that change no answer's meaning. */
const hints: ReadonlySet<string> = new Set(['cache_control', 'eager_input_streaming', 'title', 'context', 'citations']);

/** A translation for one model. */
export class Translation extends RequestTranslation {
  readonly api: Api;
  /** The model's name without what stands before it. */
  readonly model: string;

  constructor(dialect: Dialect, model: string, api: Api) {
    super(dialect, 'vertex', { hints });
    this.api = api;
    this.model = model.slice(model.lastIndexOf('/') + 1);
  }

  /** Gemini 3 and later: levels of thinking, signed calls, pictures in tool results. */
  get isGemini3(): boolean {
    return /^gemini-(?:[3-9]|\d\d)/.test(this.model);
  }

  /** Adds the unknown fields of a tool. */
  addToolExtra(wire: JsonObject, extra: JsonObject | undefined, path: string): JsonObject {
    return this.addExtra(wire, extra, { ...this.turnRulesAt({ path, role: 'user' }) });
  }
}
