// The response object: what a request asked for, and what has come of it.

import { isJsonObject, type JsonObject, type JsonValue } from '../../../core/json.ts';
import { isSealed } from '../../carried-part.ts';
import type { ResponseCall } from './parse-request.ts';

/** How far an answer is, or how it ended. */
export type ResponseStatus = 'in_progress' | 'completed' | 'incomplete' | 'failed' | 'cancelled';

/** What changes while an answer is made. */
export interface ResponseProgress {
  readonly status: ResponseStatus;
  readonly model: string;
  readonly output: readonly JsonObject[];
  readonly store: boolean;
  readonly completedAtMs?: number;
  readonly error?: JsonObject;
  readonly incompleteDetails?: JsonObject | null;
  readonly usage?: JsonObject;
  /** Further fields of the provider's response; those that are ours to say are not taken from it. */
  readonly extra?: JsonObject;
}

/** What names an answer. */
export interface ResponseIdentity {
  readonly id: string;
  readonly createdAtMs: number;
}

/**
 * The object. Fields that the request left open have OpenAI's defaults where those hold for every provider (`tool_choice`,
 * `truncation`, …) and are null where the provider decides (`temperature`), until it says what it took.
 */
export function responseObject(
  { id, createdAtMs }: ResponseIdentity,
  { body, previousResponseId, conversation }: ResponseCall,
  progress: ResponseProgress,
): JsonObject {
  const { status, output, completedAtMs, error = null, incompleteDetails = null, usage } = progress;
  const own: JsonObject = {
    id,
    object: 'response',
    created_at: seconds(createdAtMs),
    status,
    background: false,
    completed_at: completedAtMs === undefined ? null : seconds(completedAtMs),
    error,
    incomplete_details: incompleteDetails,
    instructions: body.instructions ?? null,
    metadata: body.metadata ?? {},
    model: progress.model,
    output: [...output],
    previous_response_id: previousResponseId ?? null,
    ...(conversation === undefined ? {} : { conversation: conversationOf(conversation) }),
    store: progress.store,
    // OpenAI sends null while there is none; its document does not allow that.
    ...(usage === undefined ? {} : { usage }),
  };
  const asked = requestFields(body);
  const { text, ...told } = providerFields(progress.extra ?? {}, own);
  return { ...own, ...asked, ...told, text: { ...textDefaults(text), ...(asked['text'] as JsonObject) } };
}

/** A request may name it by its id alone. */
function conversationOf(conversation: string | JsonObject): JsonObject {
  return typeof conversation === 'string' ? { id: conversation } : { id: conversation['id'] ?? '' };
}

/** What a provider adds to what the request says of the text; the format is the request's alone. */
function textDefaults(text: JsonValue | undefined): JsonObject {
  const verbosity = isJsonObject(text) ? text['verbosity'] : undefined;
  return verbosity == null ? {} : { verbosity };
}

/** Fields of the request that the response repeats under the same name when they were given. */
const repeatedFields: readonly string[] = [
  'max_output_tokens',
  'max_tool_calls',
  'prompt',
  'prompt_cache_key',
  'prompt_cache_options',
  'prompt_cache_retention',
  'safety_identifier',
  'service_tier',
  'temperature',
  'top_logprobs',
  'top_p',
  'user',
];

function requestFields(body: ResponseCall['body']): JsonObject {
  const given = body as unknown as Readonly<Record<string, JsonValue | undefined>>;
  const repeated: JsonObject = {};
  for (const name of repeatedFields) if (given[name] != null) repeated[name] = given[name];
  return {
    max_output_tokens: null,
    temperature: null,
    top_p: null,
    ...repeated,
    parallel_tool_calls: body.parallel_tool_calls ?? true,
    reasoning: { effort: null, summary: null, ...(body.reasoning as JsonObject | null | undefined) },
    text: { format: { type: 'text' }, ...withoutNulls(body.text as JsonObject | null | undefined) },
    tool_choice: body.tool_choice ?? 'auto',
    tools: (body.tools ?? []).map(toolOf),
    truncation: given['truncation'] ?? 'disabled',
  };
}

/** A function has all four of its fields, as OpenAI writes it. */
function toolOf(tool: JsonObject): JsonObject {
  return tool['type'] === 'function' ? { parameters: null, strict: null, ...tool } : tool;
}

function withoutNulls(object: JsonObject | null | undefined): JsonObject {
  return Object.fromEntries(Object.entries(object ?? {}).filter(([, value]) => value !== null));
}

/** Beside `own`, fields of a provider's response about which only this server can speak. */
const ours: ReadonlySet<string> = new Set(['conversation', 'include', 'prompt', 'usage']);

/** Fields of the object by OpenAI's document that are neither ours nor repeated from the request. */
const documented: ReadonlySet<string> = new Set([
  ...repeatedFields,
  'moderation',
  'output_text',
  'parallel_tool_calls',
  'reasoning',
  'text',
  'tool_choice',
  'tools',
  'truncation',
]);

/** Values of `service_tier` by OpenAI's document; other vendors have other words. */
const serviceTiers: ReadonlySet<unknown> = new Set([
  'auto',
  'default',
  'flex',
  'scale',
  'priority',
  'fast',
  'ultrafast',
]);

/**
 * The provider's further fields, under their own names. A provider of another API may mean something else by a name of this
 * one: such fields are within `provider_fields`. Only responses of this API repeat the choice of tools.
 */
function providerFields(extra: JsonObject, own: JsonObject): JsonObject {
  const isResponse = extra['tool_choice'] !== undefined;
  const fields: JsonObject = {};
  const beside: JsonObject = {};
  for (const [name, value] of Object.entries(extra)) {
    if (value === null || ours.has(name) || Object.hasOwn(own, name)) continue;
    const isMeant = isResponse || !documented.has(name) || (name === 'service_tier' && serviceTiers.has(value));
    (isMeant ? fields : beside)[name] = value;
  }
  if (Object.keys(beside).length === 0) return fields;
  const { provider_fields: known } = fields;
  return { ...fields, provider_fields: { ...beside, ...(isJsonObject(known) ? known : {}) } };
}

/** An item as the caller sees it: encrypted reasoning is shown only to who asked for it; what a reasoning item carries, to all. */
export function shownItem(item: JsonObject, showsEncrypted: boolean): JsonObject {
  const { encrypted_content: encrypted, type } = item;
  if (showsEncrypted || encrypted === undefined || type !== 'reasoning' || isSealed(encrypted)) return item;
  const { encrypted_content: _, ...shown } = item;
  return shown;
}

/** The object with its items as the caller sees them. */
export function shownResponse(response: JsonObject, showsEncrypted: boolean): JsonObject {
  const { output } = response;
  if (showsEncrypted || !Array.isArray(output)) return response;
  return { ...response, output: output.map((item) => shownItem(item as JsonObject, showsEncrypted)) };
}

function seconds(timeMs: number): number {
  return Math.floor(timeMs / 1000);
}
