// Cuts the supplied text into passages with a source and sentences, ready to be ranked and quoted word for word.

/** A sentence as it stands in the supplied text. */
export interface Sentence {
  /** Trimmed, line breaks turned into spaces, otherwise word for word. */
  readonly text: string;
  readonly passage: Passage;
  /** Position among all sentences. */
  readonly order: number;
}

/** A piece of text with one source: a document, a labelled block, a message. */
export interface Passage {
  readonly source: string;
  readonly text: string;
}

const segmenter = new Intl.Segmenter('en', { granularity: 'sentence' });

/** Abbreviations behind which the segmenter sees the end of a sentence where there is none. */
const openEnd = /(?:^|[\s(])(?:[A-Z]|Mr|Mrs|Ms|Dr|Prof|St|No|vs|e\.g|i\.e|etc|approx|Inc|Ltd|Co|Jr|Sr|cf|Fig|Nr)\.$/;

/** `<document id="x"> … </document>`, in the forms that prompt templates use. */
const documentTag = /<(document|doc|source|context)\b([^>]*)>([\s\S]*?)<\/\1>/gi;

/** A label at the start of a paragraph: `[policy.md] …`, `Source: policy.md`, `## Heading`. */
const bracketLabel = /^\s*\[([^\]\n]{1,80})\](?:\s*[:-])?\s+/;
const sourceLabel = /^\s*(?:source|document|file|title)\s*:\s*([^\n]{1,80})(?:\n|$)/i;

/** Passages of a text: tagged documents and labelled paragraphs under their own names, the rest under `source`. */
export function passagesOf(text: string, source: string): Passage[] {
  const passages: Passage[] = [];
  let rest = '';
  let from = 0;
  for (const match of text.matchAll(documentTag)) {
    rest += `${text.slice(from, match.index)}\n\n`;
    from = match.index + match[0].length;
    const name = /\b(?:id|name|title|source|index)\s*=\s*["']?([^"'>\s][^"'>]*)["']?/i.exec(match[2] ?? '')?.[1];
    passages.push(...labelledParagraphs(match[3] ?? '', name?.trim() ?? source));
  }
  return [...labelledParagraphs(rest + text.slice(from), source), ...passages];
}

/** A label holds until the next one. */
function labelledParagraphs(text: string, source: string): Passage[] {
  const passages: Passage[] = [];
  let label = source;
  for (const paragraph of text.split(/\n\s*\n|\n(?=\s*\[[^\]\n]{1,80}\]\s)/)) {
    const match = bracketLabel.exec(paragraph) ?? sourceLabel.exec(paragraph);
    if (match?.[1] !== undefined) label = match[1].trim();
    const body = match === null ? paragraph : paragraph.slice(match[0].length);
    if (body.trim() !== '') passages.push({ source: label, text: body.trim() });
  }
  return passages;
}

/** The sentences of all passages, in order. List items and lines of tables count as sentences of their own. */
export function sentencesOf(passages: readonly Passage[]): Sentence[] {
  const sentences: Sentence[] = [];
  for (const passage of passages) {
    for (const line of passage.text.split(/\n(?=\s*(?:[-*•|#]|\d+[.)])\s)/)) {
      for (const text of splitLine(line.replace(/\s+/g, ' '))) {
        const trimmed = text.replace(/^\s*(?:[-*•|#]+|\d+[.)])\s+/, '').trim();
        if (/[\p{L}\p{N}]/u.test(trimmed)) sentences.push({ text: trimmed, passage, order: sentences.length });
      }
    }
  }
  return sentences;
}

function splitLine(line: string): string[] {
  const parts: string[] = [];
  let open = '';
  for (const { segment } of segmenter.segment(line)) {
    open += segment;
    if (openEnd.test(open.trimEnd())) continue;
    // A full stop without a space behind it ("1923.He") ends a sentence too when a capital follows a word.
    parts.push(...open.split(/(?<=\p{Ll}{2}[.!?])(?=\p{Lu}\p{Ll})/u));
    open = '';
  }
  if (open !== '') parts.push(open);
  return parts;
}
