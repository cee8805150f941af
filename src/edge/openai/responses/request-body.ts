// The body of POST /v1/responses as OpenAI documents it, and the check of its outer shape. Items and tools are checked where
// they are parsed, since what is right there depends on their type. Unknown fields are allowed everywhere.

import Type, { type TNull, type TOptional, type TSchema, type TUnion } from 'typebox';
import type { JsonObject } from '../../../core/json.ts';
import { maxModelNameLength } from '../../defaults.ts';
import { createBodyCheck } from '../../validate.ts';

/** Optional fields may also be null, which means the same as absent. */
type Maybe<T> = T | null | undefined;

/** The body. */
export interface ResponseBody {
  readonly model: string;
  readonly input?: Maybe<string | readonly JsonObject[]>;
  readonly instructions?: Maybe<string>;
  readonly stream?: Maybe<boolean>;
  readonly stream_options?: Maybe<JsonObject & { include_obfuscation?: Maybe<boolean> }>;
  readonly store?: Maybe<boolean>;
  readonly background?: Maybe<boolean>;
  readonly previous_response_id?: Maybe<string>;
  readonly conversation?: Maybe<string | (JsonObject & { readonly id: string })>;
  readonly max_output_tokens?: Maybe<number>;
  readonly temperature?: Maybe<number>;
  readonly top_p?: Maybe<number>;
  readonly top_logprobs?: Maybe<number>;
  readonly tools?: Maybe<readonly JsonObject[]>;
  readonly tool_choice?: Maybe<string | JsonObject>;
  readonly parallel_tool_calls?: Maybe<boolean>;
  readonly text?: Maybe<JsonObject & { format?: Maybe<JsonObject & { type: 'text' | 'json_object' | 'json_schema' }> }>;
  readonly reasoning?: Maybe<JsonObject & { effort?: Maybe<string> }>;
  readonly include?: Maybe<readonly string[]>;
  readonly metadata?: Maybe<Record<string, string>>;
}

const body = Type.Object({
  // Long enough for any repository path; it is logged and becomes part of span names.
  model: Type.String({ minLength: 1, maxLength: maxModelNameLength }),
  input: maybe(Type.Union([Type.String(), Type.Array(Type.Object({}))])),
  instructions: maybe(Type.String()),
  stream: maybe(Type.Boolean()),
  stream_options: maybe(Type.Object({ include_obfuscation: maybe(Type.Boolean()) })),
  store: maybe(Type.Boolean()),
  background: maybe(Type.Boolean()),
  previous_response_id: maybe(Type.String({ minLength: 1, maxLength: 256 })),
  conversation: maybe(Type.Union([Type.String({ minLength: 1 }), Type.Object({ id: Type.String({ minLength: 1 }) })])),
  // OpenAI's own least is 16; other servers take less.
  max_output_tokens: maybe(Type.Integer({ minimum: 1 })),
  temperature: maybe(Type.Number({ minimum: 0, maximum: 2 })),
  top_p: maybe(Type.Number({ minimum: 0, maximum: 1 })),
  top_logprobs: maybe(Type.Integer({ minimum: 0, maximum: 20 })),
  tools: maybe(Type.Array(Type.Object({ type: Type.String() }))),
  tool_choice: maybe(Type.Union([Type.String(), Type.Object({})])),
  parallel_tool_calls: maybe(Type.Boolean()),
  text: maybe(Type.Object({ format: maybe(Type.Object({ type: Type.Enum(['text', 'json_object', 'json_schema']) })) })),
  reasoning: maybe(Type.Object({ effort: maybe(Type.String({ minLength: 1 })) })),
  include: maybe(Type.Array(Type.String())),
  // OpenAI's bounds: 16 pairs, keys of 64 and values of 512 characters.
  metadata: maybe(Type.Record(Type.String({ maxLength: 64 }), Type.String({ maxLength: 512 }), { maxProperties: 16 })),
});

const check: (body: unknown) => unknown = createBodyCheck(body);

/** The body, typed, the same object; throws `invalid_request` with the path of the first wrong field. */
export function checkResponseBody(value: unknown): ResponseBody {
  return check(value) as ResponseBody;
}

/** Fields that are checked but go to the target under their own name like those that Sluice has no name for. */
const passedOn: ReadonlySet<string> = new Set(['metadata']);

/** Every field that is translated or handled by the edge; the others travel in `extra`. */
export const knownResponseFields: ReadonlySet<string> = new Set(
  Object.keys(body.properties).filter((name) => !passedOn.has(name)),
);

function maybe<Schema extends TSchema>(schema: Schema): TOptional<TUnion<[Schema, TNull]>> {
  return Type.Optional(Type.Union([schema, Type.Null()]));
}
