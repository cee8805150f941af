// Takes a conversation apart: what is asked, and which texts it may be answered from.

import type { EngineDocument, EngineMessage } from '../engine/protocol.ts';
import { type Passage, passagesOf, sentencesOf } from './passages.ts';

/** A question and what was supplied to answer it. */
export interface Inquiry {
  readonly question: string;
  readonly passages: readonly Passage[];
}

/** A last user message longer than this, or with an empty line, carries context beside its question. */
const plainQuestionCharacters = 300;

/** Marks that prompt templates put before the question and before the context. */
const questionMark =
  /(?:^|\n)\s*(?:[#*]{0,3}\s*)(?:user\s+)?(?:question|query|q)\s*[:?]\**\s*([\s\S]+?)\s*(?=\n\s*(?:[#*]{0,3}\s*)(?:answer|context|a)\s*:|$)/i;
const contextMark = /(?:^|\n)\s*(?:[#*]{0,3}\s*)(?:context|documents?|sources?|text|passages?)\s*:\**\s*/gi;

/**
 * Sentences that tell a model how to behave: quoted as an answer they would be nonsense. Only those that begin like an order
 * are left out; "Returns never expire" and "Please return items within 30 days" are facts of a shop.
 */
const instruction =
  /^\W*(?:you are (?:an?|the)\b|you're an?\b|act as\b|your (?:task|job|role|goal) is\b|(?:please )?(?:answer|respond|reply)\b(?! (?:times?|is|are|was|were)\b)|(?:please )?use (?:only )?(?:the|this) (?:following|context|documents?|information|text|sources?)\b|(?:do not|don't|never) (?:answer|make|invent|mention|use|guess)\b|if (?:you (?:do not|don't|cannot|can't)|the (?:answer|context|information))\b|be (?:concise|brief|helpful|polite|honest)\b|keep your answers?\b)/i;

/** The inquiry of a conversation that ends with a user message; '' as question when there is none. */
export function inquiryOf(messages: readonly EngineMessage[], documents: readonly EngineDocument[]): Inquiry {
  const last = messages.findLastIndex((message) => message.role === 'user');
  const asked = messages[last];
  const passages: Passage[] = documents.flatMap((document) => passagesOf(document.text, document.source));
  for (const [index, message] of messages.entries()) {
    if (index === last) continue;
    if (message.role === 'system') passages.push(...passagesOf(withoutInstructions(message.text), message.source));
    else if (message.role === 'tool') passages.push(...passagesOf(message.text, message.source));
    else if (message.role === 'user' && index < last && !isQuestion(message.text)) {
      passages.push(...passagesOf(message.text, message.source));
    }
  }
  if (asked === undefined) return { question: '', passages };
  const { question, context } = splitQuestion(asked.text);
  return { question, passages: [...passages, ...passagesOf(context, asked.source)] };
}

/** Separates the question of a message from the context that stands around it. */
export function splitQuestion(text: string): { readonly question: string; readonly context: string } {
  const trimmed = text.trim();
  const marked = questionMark.exec(trimmed);
  if (marked?.[1] !== undefined) {
    const before = trimmed.slice(0, marked.index);
    const after = trimmed.slice(marked.index + marked[0].length);
    return {
      question: marked[1],
      context: cleanContext(`${before}\n\n${after.replace(/^\s*(?:[#*]{0,3})answer\s*:\**\s*$/i, '')}`),
    };
  }
  if (trimmed.length <= plainQuestionCharacters && !/\n\s*\n/.test(trimmed) && contextMark.exec(trimmed) === null) {
    return splitBySentence(trimmed);
  }
  contextMark.lastIndex = 0;
  return splitByParagraph(trimmed);
}

/** In one paragraph the question is the last sentence, when it asks and what stands before it states something. */
function splitBySentence(text: string): { question: string; context: string } {
  const sentences = sentencesOf([{ source: '', text }]).map((sentence) => sentence.text);
  const question = sentences.at(-1) ?? text;
  const statements = sentences.slice(0, -1).filter((sentence) => !isQuestion(sentence));
  if (!question.endsWith('?') || statements.length === 0) return { question: text, context: '' };
  return { question, context: cleanContext(statements.join(' ')) };
}

/** The question is the last paragraph that asks, else the first that does, else the last one. */
function splitByParagraph(text: string): { question: string; context: string } {
  const paragraphs = text.split(/\n\s*\n|\n/).filter((paragraph) => paragraph.trim() !== '');
  const ask = (paragraph: string): boolean => isQuestion(paragraph) && paragraph.length <= plainQuestionCharacters;
  let at = paragraphs.findLastIndex(ask);
  if (at < 0) at = paragraphs.length - 1;
  const question = (paragraphs[at] ?? '').trim();
  return { question, context: cleanContext(paragraphs.filter((_, index) => index !== at).join('\n\n')) };
}

function cleanContext(context: string): string {
  return withoutInstructions(context.replace(contextMark, '\n\n'));
}

function isQuestion(text: string): boolean {
  return /\?\s*$/.test(text) || /^\s*(?:who|what|when|where|which|why|how|is|are|do|does|did|can|could)\b/i.test(text);
}

/** Leaves out short paragraphs that instruct; a document may hold such words too, so long ones stay whole. */
function withoutInstructions(text: string): string {
  const kept = text.split(/\n/).map((line) => {
    const sentences = line.split(/(?<=[.!?:])\s+/);
    return sentences.filter((sentence) => sentence.length > 200 || !instruction.test(sentence)).join(' ');
  });
  return kept.join('\n');
}
