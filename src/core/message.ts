// The one internal form of a conversation. Every dialect is parsed into it and every vendor's wire is made from it, so it
// must lose nothing: what we have no name for travels in `extra` (unknown fields) or as an `opaque` part (unknown parts).

import type { JsonObject, JsonValue } from './json.ts';

/** Who speaks. `developer` is OpenAI's newer name for system instructions; it is kept apart because vendors differ. */
export type Role = 'system' | 'developer' | 'user' | 'assistant' | 'tool';

/** One turn of the conversation. A turn of role `tool` holds `tool-result` parts. */
export interface Message {
  readonly role: Role;
  readonly content: readonly ContentPart[];
  /** The participant's name, where the dialect has one. */
  readonly name?: string;
  /** Fields of the message that Sluice has no name for, as they came. */
  readonly extra?: JsonObject;
}

/** One piece of a turn. */
export type ContentPart =
  | TextPart
  | ImagePart
  | AudioPart
  | FilePart
  | ToolCallPart
  | ToolResultPart
  | ReasoningPart
  | RefusalPart
  | OpaquePart;

/** Plain text. */
export interface TextPart {
  readonly type: 'text';
  readonly text: string;
  /** Citations or annotations in the vendor's own form. */
  readonly annotations?: readonly JsonValue[];
  readonly extra?: JsonObject;
}

/** A picture by reference or as data. */
export interface ImagePart {
  readonly type: 'image';
  readonly source: MediaSource;
  /** OpenAI's `detail`: `low`, `high`, `auto`. */
  readonly detail?: string;
  readonly extra?: JsonObject;
}

/** Sound by reference or as data. */
export interface AudioPart {
  readonly type: 'audio';
  readonly source: MediaSource;
  readonly extra?: JsonObject;
}

/** A document by reference, by id of an uploaded file, or as data. */
export interface FilePart {
  readonly type: 'file';
  readonly source: MediaSource;
  readonly name?: string;
  readonly extra?: JsonObject;
}

/** Where the bytes of an image, sound or file are. `base64` is the standard alphabet with padding. */
export type MediaSource =
  | { readonly kind: 'url'; readonly url: string; readonly mediaType?: string }
  | { readonly kind: 'data'; readonly base64: string; readonly mediaType: string }
  | { readonly kind: 'file-id'; readonly fileId: string };

/** Data as a `data:` URL. */
export function dataUrlOf({ mediaType, base64 }: Extract<MediaSource, { kind: 'data' }>): string {
  return `data:${mediaType};base64,${base64}`;
}

/** The model asks for a tool. `arguments` is the text that the model wrote: usually JSON, not guaranteed to parse. */
export interface ToolCallPart {
  readonly type: 'tool-call';
  readonly id: string;
  readonly name: string;
  readonly arguments: string;
  readonly extra?: JsonObject;
}

/** What a tool answered. */
export interface ToolResultPart {
  readonly type: 'tool-result';
  readonly toolCallId: string;
  readonly content: readonly ContentPart[];
  readonly isError?: boolean;
  readonly extra?: JsonObject;
}

/** Reasoning that a model shows. `signature` and `encrypted` must go back byte-identical. */
export interface ReasoningPart {
  readonly type: 'reasoning';
  readonly text: string;
  readonly signature?: string;
  /** Reasoning that the vendor hides, opaque to everybody else (Anthropic `redacted_thinking`). */
  readonly encrypted?: string;
  readonly extra?: JsonObject;
}

/** The model declines, in OpenAI's separate field. */
export interface RefusalPart {
  readonly type: 'refusal';
  readonly text: string;
}

/**
 * What a dialect has no internal form for, as it came; it goes to targets of its own dialect alone. Of an answer others leave it out and
 * report it, of a caller's own words they refuse it. It is one of:
 *
 * * content: a part, a block or an item, by the `type` that its dialect gives it (Gemini's have none)
 * * fields of the message: dialect `openai`, and no `type`
 * * what a stream of the Responses API tells beside its items: dialect `openai-responses`, an event `response.…` or the head of a message
 *
 * `opaque-part.ts` tells them apart.
 */
export interface OpaquePart {
  readonly type: 'opaque';
  readonly dialect: Dialect;
  readonly value: JsonObject;
}

/** The API dialects that a part, a request or a vendor may speak. */
export type Dialect = 'openai' | 'openai-responses' | 'anthropic' | 'vertex' | 'sluice';

/** All text parts joined, without separators; '' when there are none. */
export function textOf(content: readonly ContentPart[]): string {
  let text = '';
  for (const part of content) if (part.type === 'text') text += part.text;
  return text;
}
