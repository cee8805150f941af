// The body of POST /v1/chat/completions as OpenAI documents it, and the check of its outer shape. Parts of messages are
// checked where they are parsed, since what is right there depends on their type. Unknown fields are allowed everywhere.

import Type from 'typebox';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { Role } from '../../core/message.ts';
import { maxModelNameLength } from '../defaults.ts';
import { createBodyCheck, maybe } from '../validate.ts';
import { type Maybe, type SamplingFields, samplingFields } from './sampling-fields.ts';

/** The body. */
export interface ChatBody extends SamplingFields {
  readonly model: string;
  readonly messages: readonly (WireMessage | FunctionMessage)[];
  readonly stream?: Maybe<boolean>;
  readonly stream_options?: Maybe<JsonObject & { include_usage?: boolean }>;
  readonly max_tokens?: Maybe<number>;
  readonly max_completion_tokens?: Maybe<number>;
  readonly logprobs?: Maybe<boolean>;
  readonly top_logprobs?: Maybe<number>;
  readonly tools?: Maybe<readonly JsonObject[]>;
  readonly tool_choice?: Maybe<string | JsonObject>;
  readonly parallel_tool_calls?: Maybe<boolean>;
  readonly response_format?: Maybe<JsonObject & { type: 'text' | 'json_object' | 'json_schema' }>;
  readonly reasoning_effort?: Maybe<string>;
}

/** One message. */
export interface WireMessage {
  readonly role: Role;
  readonly content?: Maybe<string | readonly WirePart[]>;
  readonly name?: Maybe<string>;
  readonly refusal?: Maybe<string>;
  readonly tool_call_id?: Maybe<string>;
  readonly tool_calls?: Maybe<readonly WireToolCall[]>;
}

/** What a function answered, in the form that `tool` messages replaced. */
export interface FunctionMessage extends Omit<WireMessage, 'role'> {
  readonly role: 'function';
}

/** One part of a message's content; its other fields depend on the type. */
export type WirePart = JsonObject & { readonly type: string };

/** A tool call of an earlier answer. Only calls of type `function` have `function`. */
export interface WireToolCall {
  readonly id: string;
  readonly type?: Maybe<string>;
  readonly function?: Maybe<{ readonly name: string; readonly arguments: string }>;
  readonly [field: string]: JsonValue | undefined;
}

const toolCall = Type.Object({
  id: Type.String(),
  type: maybe(Type.String()),
  function: maybe(Type.Object({ name: Type.String({ minLength: 1 }), arguments: Type.String() })),
});

const message = Type.Object({
  role: Type.Enum(['system', 'developer', 'user', 'assistant', 'tool', 'function']),
  content: maybe(Type.Union([Type.String(), Type.Array(Type.Object({ type: Type.String() }))])),
  name: maybe(Type.String()),
  refusal: maybe(Type.String()),
  tool_call_id: maybe(Type.String()),
  tool_calls: maybe(Type.Array(toolCall)),
});

const body = Type.Object({
  model: Type.String({ minLength: 1, maxLength: maxModelNameLength }),
  messages: Type.Array(message, { minItems: 1 }),
  stream: maybe(Type.Boolean()),
  stream_options: maybe(Type.Object({ include_usage: Type.Optional(Type.Boolean()) })),
  max_tokens: maybe(Type.Integer({ minimum: 1 })),
  max_completion_tokens: maybe(Type.Integer({ minimum: 1 })),
  ...samplingFields,
  logprobs: maybe(Type.Boolean()),
  top_logprobs: maybe(Type.Integer({ minimum: 0, maximum: 20 })),
  // Mistral's clients leave the type of a function out.
  tools: maybe(Type.Array(Type.Object({ type: maybe(Type.String()) }))),
  tool_choice: maybe(Type.Union([Type.String(), Type.Object({})])),
  parallel_tool_calls: maybe(Type.Boolean()),
  response_format: maybe(Type.Object({ type: Type.Enum(['text', 'json_object', 'json_schema']) })),
  reasoning_effort: maybe(Type.String({ minLength: 1 })),
});

const check: (body: unknown) => unknown = createBodyCheck(body);

/** The body, typed, the same object; throws `invalid_request` with the path of the first wrong field. */
export function checkChatBody(value: unknown): ChatBody {
  return check(value) as ChatBody;
}

/** Every field that ChatBody names; the others travel in `extra`. */
export const knownChatFields: ReadonlySet<string> = new Set(Object.keys(body.properties));

/** Every field of a message that WireMessage names. */
export const knownMessageFields: ReadonlySet<string> = new Set(Object.keys(message.properties));
