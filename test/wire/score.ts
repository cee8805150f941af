// One recording as a client saw it against what was recorded: a verdict for each line of the table.

import { isDeepStrictEqual } from 'node:util';
import type { SaidChoice, SaidError, SaidFinish, Truth } from './ground-truth/said.ts';
import type { Heard } from './readers/heard.ts';

/** The lines of the table. */
export const lines = ['parsed', 'text', 'tool calls', 'usage', 'finish', 'errors', 'no false success'] as const;

/** One of them. */
export type Line = (typeof lines)[number];

/** `false`, with what differs, where a line was missed; absent where the recording says nothing about it. */
export type Verdicts = Partial<Record<Line, true | string>>;

/** What the comparison must know of the case. */
export interface Rules {
  /** The caller's dialect is the vendor's: its own type and code of an error must arrive. */
  readonly sameDialect: boolean;
  /** False when the request was refused before the vendor was asked. */
  readonly reachedVendor: boolean;
}

/** The verdicts. */
export function verdictsOf(truth: Truth, heard: Heard, rules: Rules): Verdicts {
  switch (truth.kind) {
    case 'answer':
      return heard.kind === 'answer'
        ? compareAnswers(truth, heard, rules)
        : { parsed: `no answer: ${describe(heard)}` };
    case 'vectors':
      return heard.kind === 'vectors' ? compareVectors(truth, heard) : { parsed: `no vectors: ${describe(heard)}` };
    case 'failure':
      return compareFailures(truth, heard, rules);
    case 'blocked':
      return { errors: isFiltered(heard) || `not said to be filtered: ${describe(heard)}` };
    case 'broken':
      return { 'no false success': heard.kind === 'failure' || `success, though ${truth.why}` };
  }
}

function compareAnswers(
  truth: Extract<Truth, { kind: 'answer' }>,
  heard: Extract<Heard, { kind: 'answer' }>,
  rules: Rules,
): Verdicts {
  const { said } = truth;
  const verdicts = compareChoices(said, heard.said, rules);
  if (said.usage !== undefined) {
    verdicts.usage = isDeepStrictEqual(heard.said.usage, said.usage) || differs(said.usage, heard.said.usage);
  }
  // In another dialect several choices cannot be asked for, and some clients show only the first.
  const { others = [] } = said;
  if (!rules.sameDialect || heard.said.others === undefined) return verdicts;
  if (heard.said.others.length !== others.length) {
    return { ...verdicts, parsed: `${others.length + 1} choices became ${heard.said.others.length + 1}` };
  }
  for (const [place, other] of heard.said.others.entries()) {
    const more = Object.entries(compareChoices(others[place] ?? other, other, rules)) as [Line, true | string][];
    for (const [line, verdict] of more)
      if (verdicts[line] === true || verdicts[line] === undefined) verdicts[line] = verdict;
  }
  return verdicts;
}

function compareChoices(said: SaidChoice, heard: SaidChoice, rules: Rules): Verdicts {
  // A client without a place for refusals shows their words as text.
  const isText = heard.text === said.text || heard.text === said.text + (said.refusal ?? '');
  const verdicts: Verdicts = { parsed: true, text: isText || differs(said.text, heard.text) };
  if (said.calls.length > 0 || heard.calls.length > 0) {
    verdicts['tool calls'] = isDeepStrictEqual(heard.calls, said.calls) || differs(said.calls, heard.calls);
  }
  if (said.finish !== undefined) {
    verdicts.finish = finishesOf(said, rules).has(heard.finish) || differs(said.finish, heard.finish);
  }
  return verdicts;
}

/** The ending as it was said; in another dialect also what its content makes of a plain stop. */
function finishesOf({ finish, calls, refusal = '' }: SaidChoice, { sameDialect }: Rules): Set<SaidFinish | undefined> {
  const finishes = new Set([finish]);
  // Neither dialect has a word for it: the next best is the one that says that the answer is not all there.
  if (finish === 'other') finishes.add('length');
  if (finish === 'stop' && refusal !== '') finishes.add('content-filter');
  if (finish === 'stop' && calls.length > 0 && !sameDialect) finishes.add('tool-calls');
  return finishes;
}

function compareVectors(
  truth: Extract<Truth, { kind: 'vectors' }>,
  heard: Extract<Heard, { kind: 'vectors' }>,
): Verdicts {
  return {
    parsed: true,
    text:
      isDeepStrictEqual(heard.vectors, truth.vectors) ||
      `${truth.vectors.length} vectors, ${heard.vectors.length} came`,
    ...(truth.input === undefined ? {} : { usage: heard.input === truth.input || differs(truth.input, heard.input) }),
  };
}

function compareFailures(truth: Extract<Truth, { kind: 'failure' }>, heard: Heard, rules: Rules): Verdicts {
  if (heard.kind !== 'failure') {
    const said = `success, though ${truth.status} ${truth.error.message}`;
    return { errors: said, 'no false success': said };
  }
  const { type, code, message, param } = truth.error;
  const isOwnWords = rules.sameDialect && rules.reachedVendor;
  const wrong = [
    // A failure within an answer has no status that could be equal.
    truth.status >= 400 && heard.status !== truth.status && `status ${truth.status} became ${heard.status}`,
    rules.sameDialect && type !== undefined && heard.error.type !== type && `type ${type} became ${heard.error.type}`,
    isOwnWords && code !== undefined && heard.error.code !== code && `code ${code} became ${heard.error.code}`,
    isOwnWords &&
      isCallersMatter(truth) &&
      param !== undefined &&
      heard.error.param !== param &&
      `param ${param} became ${heard.error.param}`,
    rules.reachedVendor &&
      isCallersMatter(truth) &&
      !sharesWords(truth.error, heard.error) &&
      `message ${message} became ${heard.error.message}`,
  ].filter((word) => word !== false);
  return { errors: wrong.length === 0 || wrong.join('; '), 'no false success': true };
}

function isAccountMatter({ status, error }: Extract<Truth, { kind: 'failure' }>): boolean {
  const isAboutKey = status === 400 && /api key/i.test(error.message ?? '');
  return status === 401 || status === 402 || status === 403 || error.code === 'insufficient_quota' || isAboutKey;
}

/** A message about the operator's account may name it, and is kept back; so is what a vendor says of its own trouble. */
function isCallersMatter(truth: Extract<Truth, { kind: 'failure' }>): boolean {
  return [400, 404, 413, 422].includes(truth.status) && !isAccountMatter(truth);
}

/**
 * Secrets in a message are blotted out: what is left of it must be the vendor's words, in their order. Words around the whole
 * message do no harm.
 */
function sharesWords(said: SaidError, heard: SaidError): boolean {
  const words = (text: string | undefined): string => (text ?? '').replace(/\s+/g, ' ').trim();
  let rest = words(said.message);
  if (words(heard.message).includes(rest)) return true;
  for (const piece of words(heard.message).split('[redacted]')) {
    const at = rest.indexOf(piece);
    if (at === -1) return false;
    rest = rest.slice(at + piece.length);
  }
  return true;
}

function isFiltered(heard: Heard): boolean {
  if (heard.kind === 'failure')
    return /filter|refus|block/i.test(`${heard.error.code} ${heard.error.type} ${heard.error.message}`);
  return heard.kind === 'answer' && heard.said.finish === 'content-filter';
}

function describe(heard: Heard): string {
  return heard.kind === 'failure' ? `${heard.status ?? 'within the stream'}: ${heard.text}` : heard.kind;
}

function differs(said: unknown, heard: unknown): string {
  const show = (value: unknown): string => (JSON.stringify(value) ?? 'nothing').slice(0, 300);
  return `${show(said)} became ${show(heard)}`;
}
