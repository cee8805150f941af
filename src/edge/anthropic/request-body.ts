// The body of /v1/messages as TypeScript sees it once request-schema.ts has checked it. Only fields with an internal form are
// named; all others are reached through the index and travel on untouched.

import type { JsonObject, JsonValue } from '../../core/json.ts';

/** A field that may be absent or null; both mean "not set". */
type Maybe<T> = T | null | undefined;

/** A content block of a type that is not looked at closer. */
export interface AnyBlock {
  readonly type: string;
  readonly [field: string]: JsonValue | undefined;
}

/** One message. */
export interface MessageBody {
  readonly role: 'user' | 'assistant' | 'system';
  readonly content: string | readonly AnyBlock[];
}

/** The whole body. */
export interface MessagesBody {
  readonly model: string;
  /** Only absent where tokens are to be counted. */
  readonly max_tokens?: Maybe<number>;
  readonly messages: readonly MessageBody[];
  readonly system?: Maybe<string | readonly AnyBlock[]>;
  readonly stream?: Maybe<boolean>;
  readonly temperature?: Maybe<number>;
  readonly top_p?: Maybe<number>;
  readonly top_k?: Maybe<number>;
  readonly stop_sequences?: Maybe<readonly string[]>;
  readonly tools?: Maybe<readonly JsonObject[]>;
  readonly tool_choice?: Maybe<ToolChoiceBody>;
  readonly output_config?: Maybe<OutputConfigBody>;
  readonly thread?: Maybe<JsonObject>;
}

/** Which tool the model must use. */
export interface ToolChoiceBody {
  readonly type: string;
  readonly name?: string;
  readonly disable_parallel_tool_use?: Maybe<boolean>;
}

/** What the answer must look like. */
export interface OutputConfigBody {
  readonly effort?: Maybe<string>;
  readonly format?: Maybe<{ readonly type: string; readonly schema?: JsonObject }>;
}

/** A tool that the caller runs itself. */
export interface CustomToolBody {
  readonly name: string;
  readonly description?: Maybe<string>;
  readonly input_schema: JsonObject;
  readonly strict?: Maybe<boolean>;
}

/** A source of an image or a document that has an internal form, or `content`/unknown, which has none. */
export type SourceBody =
  | { readonly type: 'base64'; readonly data: string; readonly media_type: string }
  | { readonly type: 'url'; readonly url: string }
  | { readonly type: 'file'; readonly file_id: string }
  | { readonly type: 'text'; readonly data: string; readonly media_type?: string };

/** A content block that has an internal form. */
export type KnownBlock =
  | { readonly type: 'text'; readonly text: string; readonly citations?: Maybe<readonly JsonValue[]> }
  | { readonly type: 'image'; readonly source: AnyBlock }
  | { readonly type: 'document'; readonly source: AnyBlock; readonly title?: Maybe<string> }
  | {
      readonly type: 'tool_use';
      readonly id: string;
      readonly name: string;
      readonly input: JsonValue;
      readonly caller?: JsonValue;
    }
  | {
      readonly type: 'tool_result';
      readonly tool_use_id: string;
      readonly content?: Maybe<string | readonly AnyBlock[]>;
      readonly is_error?: Maybe<boolean>;
    }
  | { readonly type: 'thinking'; readonly thinking: string; readonly signature?: string }
  | { readonly type: 'redacted_thinking'; readonly data: string };
