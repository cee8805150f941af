// Parts that a chat completion carried (late-content.ts), in a message that its caller sends back: put where they were.

import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { ContentPart, Message, TextPart } from '../../core/message.ts';
import { opaquePartOf } from '../carried-part.ts';
import { withPicture } from '../generated-picture.ts';
import { parseDataUrl } from './data-url.ts';

interface Placed {
  /** UTF-16 units of text before it. */
  readonly offset: number;
  /** Tool calls before it; 0 for a part among the texts. */
  readonly calls: number;
  readonly part: ContentPart;
}

/** The message with the parts of its `provider_content` and `images` among its texts. Entries that are not ours stay as they came. */
export function restoreCarried(message: Message): Message {
  const { provider_content: carried, images, ...others } = message.extra ?? {};
  if (message.role !== 'assistant' || !(Array.isArray(carried) || Array.isArray(images))) return message;
  const placed: Placed[] = [];
  const extra: JsonObject = {
    ...others,
    ...foreignEntries('provider_content', carried, placedOf, placed),
    ...foreignEntries('images', images, pictureOfEntry, placed),
  };
  const { extra: _, ...fields } = message;
  const content = place(message.content, placed);
  return { ...fields, content, ...(Object.keys(extra).length === 0 ? {} : { extra }) };
}

/** The field with the entries that `read` does not know. */
function foreignEntries(
  name: string,
  entries: JsonValue | undefined,
  read: (entry: JsonValue) => Placed | undefined,
  placed: Placed[],
): JsonObject {
  if (entries === undefined) return {};
  if (!Array.isArray(entries)) return { [name]: entries };
  const foreign = entries.filter((entry) => {
    const known = read(entry);
    if (known !== undefined) placed.push(known);
    return known === undefined;
  });
  return foreign.length === 0 ? {} : { [name]: foreign };
}

function placedOf(entry: JsonValue | undefined): Placed | undefined {
  const part = opaquePartOf(entry);
  if (part === undefined || !isJsonObject(entry)) return undefined;
  const { offset, calls } = entry;
  return {
    offset: typeof offset === 'number' ? offset : 0,
    calls: typeof calls === 'number' ? Math.max(0, calls) : 0,
    part,
  };
}

function pictureOfEntry(entry: JsonValue): Placed | undefined {
  if (!isJsonObject(entry) || !isJsonObject(entry['image_url'])) return undefined;
  const known = placedOf(entry['provider_content']);
  const { url } = entry['image_url'];
  const source = typeof url === 'string' ? parseDataUrl(url, 'images') : undefined;
  if (known?.part.type !== 'opaque' || source?.kind !== 'data') return undefined;
  return { ...known, part: withPicture(known.part, source.base64) };
}

/** Each part behind the text, or behind the calls, that were before it. */
function place(content: readonly ContentPart[], parts: readonly Placed[]): ContentPart[] {
  // Stable: of parts at one place, a vendor's pictures come behind what made them.
  const placed = parts.toSorted((a, b) => a.calls - b.calls || a.offset - b.offset);
  const firstBehind = placed.findIndex(({ calls }) => calls > 0);
  const among = firstBehind === -1 ? placed : placed.slice(0, firstBehind);
  const end = endOfText(content);
  return [...amongTexts(content.slice(0, end), among), ...behindCalls(content.slice(end), placed.slice(among.length))];
}

function amongTexts(content: readonly ContentPart[], placed: readonly Placed[]): ContentPart[] {
  const result: ContentPart[] = [];
  let at = 0;
  let next = 0;
  for (const part of content) {
    if (part.type !== 'text') {
      result.push(part);
      continue;
    }
    let rest: TextPart = part;
    for (let entry = placed[next]; entry !== undefined && entry.offset < at + rest.text.length; entry = placed[next]) {
      const cut = Math.max(0, entry.offset - at);
      if (cut > 0) result.push({ type: 'text', text: rest.text.slice(0, cut) });
      rest = { ...rest, text: rest.text.slice(cut) };
      at += cut;
      result.push(entry.part);
      next += 1;
    }
    result.push(rest);
    at += rest.text.length;
  }
  for (const { part } of placed.slice(next)) result.push(part);
  return result;
}

function behindCalls(content: readonly ContentPart[], placed: readonly Placed[]): ContentPart[] {
  const result: ContentPart[] = [];
  let calls = 0;
  let next = 0;
  for (const part of content) {
    result.push(part);
    if (part.type !== 'tool-call') continue;
    calls += 1;
    for (let entry = placed[next]; entry !== undefined && entry.calls <= calls; entry = placed[next]) {
      result.push(entry.part);
      next += 1;
    }
  }
  for (const { part } of placed.slice(next)) result.push(part);
  return result;
}

function endOfText(content: readonly ContentPart[]): number {
  const last = content.findLastIndex(({ type }) => type === 'text');
  if (last !== -1) return last + 1;
  const other = content.findIndex(({ type }) => type === 'refusal' || type === 'tool-call');
  return other === -1 ? content.length : other;
}
