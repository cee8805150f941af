// The extractive answerer as a model of the engine: quotes what was supplied, with sources, or says that it is not there.
// Deterministic: the same request always has the same answer.

import { abortReason, SluiceError } from '../../../core/error.ts';
import type { TextEncoder } from '../embedder/text-encoder.ts';
import type { LoadedModel } from '../engine/loaded-model.ts';
import type { GeneratedEnding, GeneratedPart, GenerateRequest } from '../engine/protocol.ts';
import type { TextTokenizer } from '../engine/text-tokenizer.ts';
import { nextTurn } from '../engine/turn.ts';
import { numbersOf } from '../lexical/words.ts';
import { streamText } from './answer-stream.ts';
import { answererContextTokens, companionShare, maxQuoteCharacters, maxQuotes, minProbability } from './defaults.ts';
import { sentencesOf } from './passages.ts';
import { inquiryOf } from './question.ts';
import { type RankedSentence, rankSentences } from './ranking.ts';
import { smallTalk } from './small-talk.ts';

const nothingSupplied =
  'I can only answer from text that comes with the request, and this one has none. Add documents, or paste the text before ' +
  'your question.';
const notFound = 'I did not find an answer to that in the supplied context.';

/** Makes a model of an encoder (for ranking) and a tokenizer (for counting and streaming). */
export function createAnswerer(encoder: TextEncoder, tokenizer: TextTokenizer): LoadedModel {
  return {
    facts: { contextTokens: answererContextTokens },
    generate: (request, signal) => generate(encoder, tokenizer, request, signal),
    count: async ({ request }, signal) => {
      refuseTooLong(request);
      return countInput(tokenizer, request, signal);
    },
    release: () => encoder.release(),
  };
}

async function* generate(
  encoder: TextEncoder,
  tokenizer: TextTokenizer,
  request: GenerateRequest,
  signal: AbortSignal,
): AsyncGenerator<GeneratedPart, GeneratedEnding, undefined> {
  refuseTooLong(request);
  const answer = await answerTo(encoder, request, signal);
  const tokens = tokenizer.encodeBare(answer);
  const outcome = yield* streamText(tokens, tokenizer, request, signal);
  // Counted last: it takes longer than the answer when the context is long, and nobody waits for it before the first token.
  return { ...outcome, inputTokens: await countInput(tokenizer, request, signal) };
}

async function answerTo(encoder: TextEncoder, request: GenerateRequest, signal: AbortSignal): Promise<string> {
  const lastUser = request.messages.findLast((message) => message.role === 'user');
  const talk = lastUser === undefined ? undefined : smallTalk(lastUser.text);
  if (talk !== undefined) return talk;
  const { question, passages } = inquiryOf(request.messages, request.documents);
  const sentences = sentencesOf(passages);
  if (sentences.length === 0 || question === '') return nothingSupplied;
  const ranked = await rankSentences(question, sentences, encoder, () => {
    if (signal.aborted) throw abortReason(signal);
  });
  const quotes = chosen(question, ranked);
  return quotes.length === 0 ? notFound : composed(quotes);
}

/**
 * The best sentence and those nearly as good, in the order of the text. A number of the question has to stand in the passage
 * and, where the best sentence has it, in every other one: "class 12" is not answered from "class 9".
 */
function chosen(question: string, ranked: readonly RankedSentence[]): readonly RankedSentence[] {
  const numbers = [...numbersOf(question)];
  const passages = new Set(ranked.map(({ sentence }) => sentence.passage));
  const fitting = new Set([...passages].filter((passage) => holdsAll(passage.text, numbers)));
  const likely = ranked.filter(
    ({ sentence, probability }) => probability >= minProbability && fitting.has(sentence.passage),
  );
  const [best] = likely;
  if (best === undefined) return [];
  const decisive = numbers.filter((number) => numbersOf(best.sentence.text).has(number));
  const seen = new Set<string>();
  return likely
    .filter(({ sentence }) => !seen.has(sentence.text) && seen.add(sentence.text))
    .filter((entry) => entry.ownScore >= best.ownScore * companionShare && holdsAll(entry.sentence.text, decisive))
    .slice(0, maxQuotes)
    .sort((a, b) => a.sentence.order - b.sentence.order);
}

function holdsAll(text: string, numbers: readonly string[]): boolean {
  if (numbers.length === 0) return true;
  const present = numbersOf(text);
  return numbers.every((number) => present.has(number));
}

/** `According to the supplied context: "…" [source]` */
function composed(quotes: readonly RankedSentence[]): string {
  const parts = quotes.map(({ sentence }) => `"${shortened(sentence.text)}" [${sentence.passage.source}]`);
  return `According to the supplied context: ${parts.join(' ')}`;
}

function shortened(text: string): string {
  if (text.length <= maxQuoteCharacters) return text;
  const cut = text.slice(0, maxQuoteCharacters);
  return `${cut.slice(0, Math.max(cut.lastIndexOf(' '), maxQuoteCharacters / 2))} …`;
}

/** A token has at least one character, so fewer characters than tokens allowed need no counting. */
function refuseTooLong(request: GenerateRequest): void {
  const texts = [...request.messages, ...request.documents];
  const characters = texts.reduce((sum, { text }) => sum + text.length, 0);
  // The tokenizer makes about two characters into one token.
  if (characters <= answererContextTokens * 2) return;
  throw new SluiceError('context_length_exceeded', {
    message: `The messages and documents may have at most ${answererContextTokens * 2} characters together.`,
    param: 'messages',
  });
}

async function countInput(tokenizer: TextTokenizer, request: GenerateRequest, signal: AbortSignal): Promise<number> {
  let tokens = 0;
  for (const { text } of [...request.messages, ...request.documents]) {
    await nextTurn(signal);
    tokens += tokenizer.encodeBare(text).length;
  }
  return tokens;
}
