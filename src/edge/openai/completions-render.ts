// From our responses to OpenAI's legacy completion, with one choice for each of them.

import { reportOf } from '../../core/downgraded.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { ContentPart } from '../../core/message.ts';
import type { ChoiceContent, PredictResponse } from '../../core/predict.ts';
import { sumUsage } from '../../core/usage.ts';
import type { Answered } from '../call.ts';
import { echoedLogprobs, legacyLogprobs } from './completions-logprobs.ts';
import { answerFieldsOf, chatUsageOf, endingFieldsOf, otherChoiceFieldsOf, secondsOf } from './wire-words.ts';

/** Answers to the prompts of one call, in order. */
export type PromptAnswers = readonly [PredictResponse, ...PredictResponse[]];

/**
 * The body as text. Who answered is told of the first answer, what it cost of all of them together. The choices of the first prompt come
 * first, those of the second behind them, and so on.
 */
export function renderCompletion(answers: PromptAnswers, choicesPerPrompt: number, echo: boolean): string {
  const [first] = answers;
  return JSON.stringify({
    // First, so that nothing unknown replaces a field that we know.
    ...answerFieldsOf(first.extra),
    id: completionIdOf(first.id),
    object: 'text_completion',
    created: secondsOf(first.createdAtMs),
    model: first.model,
    choices: answers.flatMap((answer, prompt) => choicesOf(answer, prompt * choicesPerPrompt, echo)),
    usage: chatUsageOf(sumUsage(answers.map(({ usage }) => usage))),
    ...(first.systemFingerprint === undefined ? {} : { system_fingerprint: first.systemFingerprint }),
  });
}

/** Ids of completions begin with `cmpl-`; engines of our own name every answer as one of a chat. */
export function completionIdOf(id: string): string {
  return id.startsWith('chatcmpl-') ? id.slice('chat'.length) : id;
}

/** The answers as one, for headers and the log: every target that answered, all attempts, all tokens. */
export function answeredTogether(answers: PromptAnswers): Answered {
  const downgrades = answers.flatMap((answer) => answer.downgrades ?? []);
  return {
    target: [...new Set(answers.map(({ target }) => target))].join(', '),
    attempts: answers.reduce((sum, { attempts }) => sum + attempts, 0),
    usage: sumUsage(answers.map(({ usage }) => usage)),
    ...reportOf(downgrades),
  };
}

function choicesOf(answer: PredictResponse, firstIndex: number, echo: boolean): JsonValue[] {
  const others = answer.otherChoices ?? [];
  const first = choiceOf(answer, firstIndex, endingFieldsOf(answer, false), echo);
  return [
    first,
    ...others.map((other) => choiceOf(other, firstIndex + other.index, otherChoiceFieldsOf(other, false), echo)),
  ];
}

function choiceOf(choice: ChoiceContent, index: number, ending: JsonObject, echo: boolean): JsonValue {
  const text = textOf(choice.content);
  const { logprobs } = choice;
  const lists = logprobs && (echo ? echoedLogprobs(logprobs, text) : legacyLogprobs(logprobs));
  return { text, index, logprobs: lists === undefined ? null : { ...lists }, ...ending };
}

/** A completion has nothing but text: what a model says in refusing is text too, what it thinks is no part of it. */
function textOf(content: readonly ContentPart[]): string {
  let text = '';
  for (const part of content) if (part.type === 'text' || part.type === 'refusal') text += part.text;
  return text;
}
