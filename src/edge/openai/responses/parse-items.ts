// From the items of a conversation to our turns. What providers/openai/responses/items-to-wire.ts makes of the turns are the
// same items again.

import type { JsonObject } from '../../../core/json.ts';
import type { ContentPart, Message, ReasoningPart } from '../../../core/message.ts';
import type { PartPlace, TurnOrigin } from '../../caller-place.ts';
import { unknownFields } from '../../unknown-fields.ts';
import { carriedIn } from './carrier-item.ts';
import { invalid, missing, objectsAt, optionalTextAt, textAt } from './invalid.ts';
import { parseContent } from './parse-content.ts';
import { decodeProof } from './reasoning-proof.ts';

/**
 * The turns. What a model said without being answered in between is one turn, as other vendors want it: its thoughts, one
 * message, its calls. A message's further fields (`id`, `status`, `phase`) are those of its turn; a second message of a model
 * begins another turn. Items without an internal form are opaque parts, at their place. `pathOf` names an item in errors.
 * `origins` is given where each turn comes from.
 */
export function itemsToMessages(
  items: readonly JsonObject[],
  pathOf: (index: number) => string,
  origins?: TurnOrigin[],
): Message[] {
  const builder = new TurnBuilder(origins);
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
  /** Where the turns come from, and the parts of the turn under way; undefined where nobody asks. */
  readonly #origins: TurnOrigin[] | undefined;
  #places: PartPlace[] = [];
  /** Path of the first item of the turn under way. */
  #path: string | undefined;

  constructor(origins: TurnOrigin[] | undefined) {
    this.#origins = origins;
  }

  add(item: JsonObject, path: string): void {
    const type = typeOf(item, path);
    const carried = carriedIn(item);
    if (carried !== undefined) {
      this.#push([carried], path);
      return;
    }
    switch (type) {
      case 'message':
        this.#addMessage(item, path);
        return;
      case 'reasoning':
        this.#push(reasoningParts(item, path), path);
        return;
      case 'function_call':
        this.#push([toolCall(item, path)], path);
        return;
      case 'function_call_output':
        this.#addTurn('tool', [toolResult(item, path)], path);
        return;
      case 'custom_tool_call_output':
        // By the call a provider knows what kind of result it is; where that is the vendor's to know, the item must say so.
        if (this.#customCalls.has(item['call_id'])) this.#addTurn('tool', [toolResult(item, path)], path);
        else this.#addOther(item, type, path);
        return;
      case 'item_reference':
        // What is referred to is a vendor's, else it would stand here.
        textAt(item, 'id', path);
        this.#addOther(item, type, path);
        return;
      default:
        if (type === 'custom_tool_call') this.#customCalls.add(item['call_id']);
        this.#addOther(item, type, path);
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
    const form = typeof item['content'] === 'string' ? 'text' : 'list';
    if (role !== 'assistant') {
      // A first system message of our own making is what `instructions` become; this one must stay an item.
      const isFirst = role === 'system' && this.#messages.length === 0 && this.#turn.length === 0;
      const extra = isFirst ? { extra: { type: 'message', ...fields.extra } } : fields;
      this.#addTurn(role, content, path, extra, form);
      return;
    }
    if (this.#fields !== undefined) this.#close();
    this.#fields = fields;
    this.#push(content, path, form);
  }

  /** What a caller answers stands alone; everything else is the model's, and so is what came with an answer: that has an id. */
  #addOther(item: JsonObject, type: string, path: string): void {
    const part: ContentPart = { type: 'opaque', dialect: 'openai-responses', value: item };
    if (answers.test(type) && item['id'] == null) this.#addTurn('tool', [part], path);
    else this.#push([part], path);
  }

  /** Adds parts to the model's turn, one by one: a list of arguments has a bound. */
  #push(parts: readonly ContentPart[], path: string, form: ContentForm = 'item'): void {
    for (const part of parts) this.#turn.push(part);
    this.#path ??= path;
    if (this.#origins !== undefined) for (const place of placesOf(parts, path, form)) this.#places.push(place);
  }

  #addTurn(
    role: Message['role'],
    content: readonly ContentPart[],
    path: string,
    fields: { readonly extra?: JsonObject } = {},
    form: ContentForm = 'item',
  ): void {
    this.#close();
    this.#messages.push({ role, content, ...fields });
    this.#origins?.push({ path, parts: placesOf(content, path, form) });
  }

  #close(): void {
    if (this.#turn.length === 0 && this.#fields === undefined) return;
    this.#messages.push({ role: 'assistant', content: this.#turn, ...this.#fields });
    this.#origins?.push({ path: this.#path ?? '', parts: this.#places });
    this.#path = undefined;
    this.#turn = [];
    this.#fields = undefined;
    this.#places = [];
  }
}

/** How the parts of an item stand in it: they are the item, its one text, or the list of its content. */
type ContentForm = 'item' | 'text' | 'list';

function placesOf(parts: readonly ContentPart[], path: string, form: ContentForm): PartPlace[] {
  return parts.map((part, index) => {
    if (part.type === 'tool-result') return { path, inner: 'output' };
    if (form === 'item') return { path };
    return { path: form === 'text' ? `${path}.content` : `${path}.content[${index}]` };
  });
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
