// The answer of /v1/messages and its stream events, as TypeScript sees what we write. Shapes follow the types of Anthropic's
// own SDK: a field that does not apply is null, not absent.

import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { StopFields } from './stop-reason.ts';

/** A content block of an answer; blocks that Anthropic runs itself and blocks of other dialects are plain JSON. */
export type AnswerBlock =
  | { readonly type: 'text'; readonly text: string; readonly citations: readonly JsonValue[] | null }
  | { readonly type: 'thinking'; readonly thinking: string; readonly signature: string }
  | { readonly type: 'redacted_thinking'; readonly data: string }
  | {
      readonly type: 'tool_use';
      readonly id: string;
      readonly name: string;
      readonly input: JsonValue;
      readonly caller: { readonly type: 'direct' };
    }
  | JsonObject;

/** Token counts. Input tokens that came from or went to a prompt cache are not part of `input_tokens`. */
export interface AnswerUsage {
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly cache_creation_input_tokens: number | null;
  readonly cache_read_input_tokens: number | null;
  readonly output_tokens_details: JsonObject | null;
  readonly server_tool_use: JsonValue;
  /** Present when the vendor gave no figures and these are ours. Not a field of Anthropic's. */
  readonly estimated?: true;
  readonly [detail: string]: unknown;
}

/** A whole answer. */
export interface MessageBody {
  readonly id: string;
  readonly type: 'message';
  readonly role: 'assistant';
  readonly model: string;
  readonly content: readonly AnswerBlock[];
  readonly stop_reason: string | null;
  readonly stop_sequence: string | null;
  readonly stop_details: unknown;
  readonly container: unknown;
  readonly diagnostics: unknown;
  readonly usage: AnswerUsage;
  readonly [field: string]: unknown;
}

/** What a delta event adds to the block that is open. */
export type BlockDelta =
  | { readonly type: 'text_delta'; readonly text: string }
  | { readonly type: 'thinking_delta'; readonly thinking: string }
  | { readonly type: 'signature_delta'; readonly signature: string }
  | { readonly type: 'citations_delta'; readonly citation: JsonValue }
  | { readonly type: 'input_json_delta'; readonly partial_json: string };

/** One event of a stream; `type` is also the name of the SSE event. */
export type MessageEvent =
  | { readonly type: 'message_start'; readonly message: MessageBody }
  | { readonly type: 'content_block_start'; readonly index: number; readonly content_block: AnswerBlock }
  | { readonly type: 'content_block_delta'; readonly index: number; readonly delta: BlockDelta }
  | { readonly type: 'content_block_stop'; readonly index: number; readonly [field: string]: unknown }
  | {
      readonly type: 'message_delta';
      readonly delta: StopFields & {
        readonly stop_details: unknown;
        readonly container: unknown;
      };
      readonly usage: AnswerUsage;
      readonly [field: string]: unknown;
    }
  | { readonly type: 'message_stop' }
  | { readonly type: 'ping' };
