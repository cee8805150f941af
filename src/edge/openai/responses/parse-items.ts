// From the items of a conversation to our turns. What providers/openai/responses/items-to-wire.ts makes of the turns are the
// same items again.

import type { JsonObject } from '../../../core/json.ts';
import type { ContentPart, Message, ReasoningPart } from '../../../core/message.ts';
import { unknownFields } from '../../unknown-fields.ts';
import { carriedIn } from './carrier-item.ts';
import { invalid, missing, objectsAt, optionalTextAt, textAt } from './invalid.ts';
import { parseContent } from './parse-content.ts';
import { decodeProof } from './reasoning-proof.ts';

/**
 * The turns. What a model said without being answered in between is one turn, as other vendors want it: its thoughts, one
 * message, its calls. A message's further fields (`id`, `status`, `phase`) are those of its turn; a second message of a model
 * begins another turn. Items without an internal form are opaque parts, at their place. `pathOf` names an item in errors.
 */
export function itemsToMessages(items: readonly JsonObject[], pathOf: (index: number) => string): Message[] {
  const builder = new TurnBuilder();
  items.forEach((item, index) => {
    builder.add(item, pathOf(index));
  });
  return builder.finish();
}

class TurnBuilder {
  readonly #messages: Message[] = [];
  /** The model's turn under way. */
  #turn: ContentPart[] = [];
  /** Ids of the calls of custom tools. */
  readonly #customCalls: Set<unknown> = new Set();
  /** Fields of the message within it; undefined while it has none. */
  #fields: { readonly extra?: JsonObject } | undefined;

  add(item: JsonObject, path: string): void {
    const type = typeOf(item, path);
    const carried = carriedIn(item);
    if (carried !== undefined) {
      this.#turn.push(carried);
      return;
    }
    switch (type) {
      case 'message':
        this.#addMessage(item, path);
        return;
      case 'reasoning':
        this.#turn.push(...reasoningParts(item, path));
        return;
      case 'function_call':
        this.#turn.push(toolCall(item, path));
        return;
      case 'function_call_output':
        this.#addTurn('tool', [toolResult(item, path)]);
        return;
      case 'custom_tool_call_output':
        // By the call a provider knows what kind of result it is; where that is the vendor's to know, the item must say so.
        if (this.#customCalls.has(item['call_id'])) this.#addTurn('tool', [toolResult(item, path)]);
        else this.#addOther(item, type);
        return;
      case 'item_reference':
        // What is referred to is a vendor's, else it would stand here.
        textAt(item, 'id', path);
        this.#addOther(item, type);
        return;
      default:
        if (type === 'custom_tool_call') this.#customCalls.add(item['call_id']);
        this.#addOther(item, type);
    }
  }

  finish(): Message[] {
    this.#close();
    return this.#messages;
  }

  #addMessage(item: JsonObject, path: string): void {
    const role = roleOf(item, path);
    const content = parseContent(item, 'content', path);
    const fields = unknownFields(item, messageFields);
    if (role !== 'assistant') {
      // A first system message of our own making is what `instructions` become; this one must stay an item.
      const isFirst = role === 'system' && this.#messages.length === 0 && this.#turn.length === 0;
      this.#addTurn(role, content, isFirst ? { extra: { type: 'message', ...fields.extra } } : fields);
      return;
    }
    if (this.#fields !== undefined) this.#close();
    this.#fields = fields;
    this.#turn.push(...content);
  }

  /** What a caller answers stands alone; everything else is the model's, and so is what came with an answer: that has an id. */
  #addOther(item: JsonObject, type: string): void {
    const part: ContentPart = { type: 'opaque', dialect: 'openai-responses', value: item };
    if (answers.test(type) && item['id'] == null) this.#addTurn('tool', [part]);
    else this.#turn.push(part);
  }

  #addTurn(role: Message['role'], content: readonly ContentPart[], fields: { readonly extra?: JsonObject } = {}): void {
    this.#close();
    this.#messages.push({ role, content, ...fields });
  }

  #close(): void {
    if (this.#turn.length === 0 && this.#fields === undefined) return;
    this.#messages.push({ role: 'assistant', content: this.#turn, ...this.#fields });
    this.#turn = [];
    this.#fields = undefined;
  }
}

/** Types of items that come from the caller's side although they are no messages. */
const answers: RegExp = /(?:_output|^mcp_approval_response|^additional_tools|^compaction_trigger)$/;

/** OpenAI lets the type of a message, and that of a reference, be absent. */
function typeOf(item: JsonObject, path: string): string {
  const { type } = item;
  if (typeof type === 'string') return type;
  if (type != null) throw invalid(`${path}.type`, 'must be a string');
  if (item['role'] !== undefined) return 'message';
  if (item['id'] !== undefined) return 'item_reference';
  throw missing(`${path}.type`);
}

const messageFields: ReadonlySet<string> = new Set(['type', 'role', 'content']);
const callFields: ReadonlySet<string> = new Set(['type', 'call_id', 'name', 'arguments', 'parsed_arguments']);
const resultFields: ReadonlySet<string> = new Set(['type', 'call_id', 'output']);

function roleOf(item: JsonObject, path: string): 'system' | 'developer' | 'user' | 'assistant' {
  const role = textAt(item, 'role', path);
  if (role === 'system' || role === 'developer' || role === 'user' || role === 'assistant') return role;
  throw invalid(`${path}.role`, 'must be one of "user", "assistant", "system", "developer"');
}

function toolCall(item: JsonObject, path: string): ContentPart {
  return {
    type: 'tool-call',
    id: textAt(item, 'call_id', path),
    name: textAt(item, 'name', path),
    arguments: textAt(item, 'arguments', path),
    ...unknownFields(item, callFields),
  };
}

function toolResult(item: JsonObject, path: string): ContentPart {
  return {
    type: 'tool-result',
    toolCallId: textAt(item, 'call_id', path),
    content: parseContent(item, 'output', path),
    ...unknownFields(item, resultFields),
  };
}

const reasoningFields: ReadonlySet<string> = new Set(['type', 'id', 'summary', 'content', 'encrypted_content']);

/**
 * One part for each summary and each text; the last has the encrypted reasoning and the item's further fields. OpenAI's own
 * have the `type` of the piece in `extra`, by which providers know them; those of other vendors have their proof alone.
 */
function reasoningParts(item: JsonObject, path: string): ReasoningPart[] {
  const encrypted = optionalTextAt(item, 'encrypted_content', path);
  const proof = encrypted === undefined ? undefined : decodeProof(encrypted);
  const id = optionalTextAt(item, 'id', path);
  const parts = (['summary', 'content'] as const).flatMap((field) =>
    objectsAt(item, field, path).map((piece, index): ReasoningPart => {
      const text = textAt(piece, 'text', `${path}.${field}[${index}]`);
      const type = field === 'summary' ? 'summary_text' : 'reasoning_text';
      return { type: 'reasoning', text, ...ownFields(proof, id, type) };
    }),
  );
  const last = parts.pop() ?? { type: 'reasoning', text: '', ...ownFields(proof, id, 'summary_text') };
  if (proof !== undefined) return [...parts, { ...last, ...proof }];
  const { extra: others } = unknownFields(item, reasoningFields);
  const extra = { ...last.extra, ...others };
  return [...parts, { ...last, extra, ...(encrypted === undefined ? {} : { encrypted }) }];
}

function ownFields(proof: object | undefined, id: string | undefined, type: string): { extra?: JsonObject } {
  if (proof !== undefined) return {};
  return { extra: id === undefined ? { type } : { id, type } };
}
