// The body of POST /v1/completions, OpenAI's legacy completions, to our requests: one for each prompt.

import Type from 'typebox';
import { maxChoices } from '../../core/defaults.ts';
import { SluiceError } from '../../core/error.ts';
import { entryOf, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { PredictRequest, Sampling } from '../../core/predict.ts';
import { maxModelNameLength } from '../defaults.ts';
import { unknownFields, type WithExtra } from '../unknown-fields.ts';
import { createBodyCheck, maybe } from '../validate.ts';
import { maxCompletionLogprobs, maxPrompts } from './defaults.ts';
import { parseSamplingFields, samplingFields } from './sampling-fields.ts';
import { checkStreamOptions } from './stream-options.ts';

/** What a completions call asks for. */
export interface CompletionsCall {
  /** One for each prompt, in order; they differ in nothing else. */
  readonly requests: readonly [PredictRequest, ...PredictRequest[]];
  readonly stream: boolean;
  /** `stream_options.include_usage`: ends the stream with a chunk that holds the usage. */
  readonly includeUsage: boolean;
  /** `n`. */
  readonly choicesPerPrompt: number;
  /** The prompt comes back in front of the text. The target does it: `echo` travels in `extra`. */
  readonly echo: boolean;
}

const body = Type.Object({
  model: Type.String({ minLength: 1, maxLength: maxModelNameLength }),
  prompt: Type.Union([Type.String(), Type.Array(Type.Unknown(), { minItems: 1, maxItems: maxPrompts })]),
  stream: maybe(Type.Boolean()),
  stream_options: maybe(Type.Object({ include_usage: maybe(Type.Boolean()) })),
  // 0 asks for nothing but the log probabilities of an echoed prompt.
  max_tokens: maybe(Type.Integer({ minimum: 0 })),
  ...samplingFields,
  logprobs: maybe(Type.Integer({ minimum: 0, maximum: maxCompletionLogprobs })),
});

type CompletionsBody = Type.Static<typeof body>;

const checkBody = createBodyCheck(body);
const knownFields: ReadonlySet<string> = new Set(Object.keys(body.properties));

/**
 * Parses the body. Throws `invalid_request` with the path of the offending field, also for prompts that are tokens and for more
 * choices in all than an answer may have. The other fields (`echo`, `suffix`, `best_of`, `logit_bias`, …)
 * are kept in `extra` unless they ask for what happens anyway.
 */
export function parseCompletionsCall(value: unknown): CompletionsCall {
  const wire = checkBody(value);
  const stream = wire.stream === true;
  checkStreamOptions(wire);
  const { extra } = extraOf(wire);
  const common = {
    model: wire.model,
    messages: [],
    sampling: samplingOf(wire),
    dialect: 'openai',
    ...(extra === undefined ? {} : { extra }),
  } as const;
  const prompts = promptsOf(wire.prompt);
  const [first = '', ...others] = prompts;
  const choicesPerPrompt = common.sampling.choiceCount ?? 1;
  if (prompts.length * choicesPerPrompt > maxChoices) {
    const message = `${prompts.length} prompts with n = ${choicesPerPrompt} are more than ${maxChoices} choices.`;
    throw new SluiceError('invalid_request', { message, param: 'n' });
  }
  return {
    requests: [{ ...common, prompt: first }, ...others.map((prompt) => ({ ...common, prompt }))],
    stream,
    includeUsage: wire.stream_options?.include_usage === true,
    echo: extra?.['echo'] === true,
    choicesPerPrompt,
  };
}

/** A list of numbers is one prompt of tokens, a list of lists several. */
function promptsOf(prompt: CompletionsBody['prompt']): readonly string[] {
  if (typeof prompt === 'string') return [prompt];
  return prompt.map((item, index) => {
    if (typeof item === 'string') return item;
    if (typeof item === 'number') throw invalidPrompt('prompt', tokensRefused);
    throw invalidPrompt(`prompt[${index}]`, Array.isArray(item) ? tokensRefused : 'must be a string');
  });
}

const tokensRefused = 'must be text: arrays of tokens are not supported, since each model has its own tokens';

function invalidPrompt(param: string, rule: string): SluiceError {
  return new SluiceError('invalid_request', { message: `Invalid value for '${param}': it ${rule}.`, param });
}

function samplingOf(wire: CompletionsBody): Sampling {
  return {
    ...(wire.max_tokens == null ? {} : { maxOutputTokens: wire.max_tokens }),
    ...parseSamplingFields(wire),
    ...(wire.logprobs == null ? {} : { logprobs: true, topLogprobs: wire.logprobs }),
  };
}

/** Values that ask for what happens anyway. Clients send them with every call, and targets of other dialects would refuse them. */
const isVoid: Readonly<Record<string, (value: JsonValue) => boolean>> = {
  echo: (value) => value === false,
  suffix: (value) => value === '',
  best_of: (value) => value === 1,
  logit_bias: (value) => typeof value === 'object' && Object.keys(value ?? {}).length === 0,
};

function extraOf(wire: CompletionsBody): WithExtra {
  const extra: JsonObject = {};
  for (const [name, value] of Object.entries(unknownFields(wire, knownFields).extra ?? {})) {
    if (value !== null && entryOf(isVoid, name)?.(value) !== true) extra[name] = value;
  }
  const { include_usage: _, ...streamOptions } = wire.stream_options ?? {};
  if (Object.keys(streamOptions).length > 0) extra['stream_options'] = streamOptions;
  return Object.keys(extra).length === 0 ? {} : { extra };
}
