// What the answerer says without looking anything up: greetings, what it is, and sums. Fixed rules, fixed words.

import { evaluateArithmetic } from './arithmetic.ts';

const selfDescription =
  "I am Sluice's built-in answerer. I quote sentences from text that comes with the request (earlier messages, documents, " +
  'tool results) and say so when the answer is not in there. I can also do sums. I am not a language model: for writing or ' +
  'reasoning, configure a provider that has one.';

const rules: readonly { readonly pattern: RegExp; readonly answer: string }[] = [
  {
    pattern:
      /^(?:hi|hello|hey|hiya|greetings|good (?:morning|afternoon|evening|day))(?: there| all| everyone)?[\s!.,?]*$/i,
    answer: 'Hello! Send me a text and a question about it, and I will quote the sentences that answer it.',
  },
  {
    pattern: /^(?:thanks?(?: you)?(?: very much| a lot| so much)?|thx|cheers|great|ok(?:ay)?|bye|goodbye)[\s!.,]*$/i,
    answer: 'You are welcome.',
  },
  {
    pattern:
      /^(?:(?:hello|hi|hey)(?: there)?[,!.\s]+)?(?:(?:who|what) (?:are|r) (?:you|u)(?: exactly)?|what(?: is|'s) your name|what can you do(?: for me)?|how do you work|what model (?:are you|is this)|\/?help)[\s!.?]*$/i,
    answer: selfDescription,
  },
];

/** Words around a sum: "What is 3 * 4?", "calculate 3 * 4", "3 * 4 =". */
const sumFrame =
  /^(?:what(?:'s| is)|how much is|calculate|compute|evaluate|solve)?\s*([-\d(][^=?]*?)\s*(?:=\s*)?\??\s*$/i;

/** Dates and part numbers look like sums: 2026-11-25, 12/24/2026. */
const dateOrNumber = /^\d+([-/])\d+(?:\1\d+)+$/;

/** The answer, or `undefined` when the message is none of the known kinds. */
export function smallTalk(message: string): string | undefined {
  const text = message.trim();
  const rule = rules.find(({ pattern }) => pattern.test(text));
  if (rule !== undefined) return rule.answer;
  const expression = sumFrame.exec(spelledOperators(text))?.[1];
  if (expression === undefined || dateOrNumber.test(expression)) return undefined;
  const value = evaluateArithmetic(expression);
  if (value === undefined) return undefined;
  return `${expression.trim()} = ${Number(value.toPrecision(12))}`;
}

function spelledOperators(text: string): string {
  return text
    .replace(/(?<=\d)\s*(?:times|multiplied by|x)\s*(?=\d)/gi, ' * ')
    .replace(/(?<=\d)\s*plus\s*(?=\d)/gi, ' + ')
    .replace(/(?<=\d)\s*minus\s*(?=\d)/gi, ' - ')
    .replace(/(?<=\d)\s*divided by\s*(?=\d)/gi, ' / ');
}
