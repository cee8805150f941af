// A decoder as a model of the engine: prompt in, text out token by token. One `next()` computes until there is text to show,
// and checks for cancellation before every token.

import { abortReason, SluiceError } from '../../../core/error.ts';
import type { TokenLogprob } from '../../../core/predict.ts';
import { fallbackMaxOutputTokens } from '../defaults.ts';
import type { LoadedModel } from '../engine/loaded-model.ts';
import type { GeneratedEnding, GeneratedPart, GenerateRequest } from '../engine/protocol.ts';
import { loadTokenizer, type TextTokenizer } from '../engine/text-tokenizer.ts';
import { type ChatTemplate, loadChatTemplate } from './chat-template.ts';
import type { Decoder } from './decoder.ts';
import { createDetokenizer } from './detokenizer.ts';
import { createRandomStream } from './random-stream.ts';
import { createSampler, type SampledToken, type Sampler } from './sampler.ts';
import { createStopMatcher } from './stop-matcher.ts';
import { createTokenSpelling, type TokenSpelling } from './token-spelling.ts';

interface TextModel {
  readonly decoder: Decoder;
  readonly tokenizer: TextTokenizer;
  readonly template: ChatTemplate;
  readonly spelling: TokenSpelling;
}

/** Joins a decoder with the tokenizer and the chat template of its directory. Rejects with `config_invalid`. */
export async function createGenerator(decoder: Decoder, dir: string): Promise<LoadedModel> {
  const tokenizer = await loadTokenizer(dir);
  const template = await loadChatTemplate(dir, [...tokenizer.controlTokens.values()]);
  const model = { decoder, tokenizer, template, spelling: createTokenSpelling(tokenizer) };
  return {
    facts: { contextTokens: decoder.facts.contextTokens },
    generate: (request, signal) => generate(model, request, signal),
    count: async ({ request }) => promptOf(model, request).length,
    release: () => decoder.release(),
  };
}

/** A template writes the control tokens itself; around raw text stand those that the tokenizer puts around every text. */
function promptOf(model: TextModel, request: GenerateRequest): number[] {
  if (request.prompt !== undefined) return model.tokenizer.encode(request.prompt);
  return model.tokenizer.encodeBare(model.template.render(request.messages));
}

async function* generate(
  model: TextModel,
  request: GenerateRequest,
  signal: AbortSignal,
): AsyncGenerator<GeneratedPart, GeneratedEnding, undefined> {
  const prompt = promptOf(model, request);
  const limit = outputLimit(model.decoder, prompt.length, request);
  const text = createAnswerText(model, request);
  const sampler = samplerFor(model.decoder, request);
  const state = model.decoder.begin();
  let logits = await state.feed(prompt, signal);

  let outputTokens = 0;
  const ending = (finishReason: 'stop' | 'length', stopSequence?: string): GeneratedEnding => ({
    finishReason,
    inputTokens: prompt.length,
    outputTokens,
    ...(stopSequence === undefined ? {} : { stopSequence }),
  });

  while (outputTokens < limit) {
    if (signal.aborted) throw abortReason(signal);
    const sampled = sampler.sample(logits);
    if (model.decoder.facts.endTokens.has(sampled.token)) {
      yield* text.finish();
      return ending('stop');
    }
    outputTokens += 1;
    const { part, matched } = text.add(sampled);
    if (part !== undefined) yield part;
    if (matched !== undefined) return ending('stop', matched);
    if (outputTokens < limit) logits = await state.feed([sampled.token], signal);
  }
  yield* text.finish();
  return ending('length');
}

/** How many tokens the answer may have. Throws `context_length_exceeded` when the prompt leaves no room. */
function outputLimit(decoder: Decoder, promptTokens: number, request: GenerateRequest): number {
  const { contextTokens, defaults } = decoder.facts;
  const room = contextTokens - promptTokens;
  if (room <= 0) {
    throw new SluiceError('context_length_exceeded', {
      message: `The prompt has ${promptTokens} tokens, and the model's context has ${contextTokens}.`,
      param: request.prompt === undefined ? 'messages' : 'prompt',
    });
  }
  return Math.min(room, request.maxOutputTokens ?? defaults.maxOutputTokens ?? fallbackMaxOutputTokens);
}

function samplerFor(decoder: Decoder, request: GenerateRequest): Sampler {
  const { defaults } = decoder.facts;
  return createSampler(
    {
      temperature: request.temperature ?? defaults.temperature,
      topP: request.topP ?? defaults.topP,
      topK: request.topK ?? defaults.topK,
      presencePenalty: request.presencePenalty,
      frequencyPenalty: request.frequencyPenalty,
      topLogprobs: request.topLogprobs,
    },
    createRandomStream(request.seed),
  );
}

interface AnswerText {
  /** The part to show after this token, if there is one, and the stop sequence that ended the answer. */
  add(sampled: SampledToken): { part?: GeneratedPart; matched?: string };
  /** What was held back. */
  finish(): Generator<GeneratedPart>;
}

/** Joins detokenizer, stop matcher and log probabilities; a log probability is shown with the first text after its token. */
function createAnswerText(model: TextModel, request: GenerateRequest): AnswerText {
  const detokenizer = createDetokenizer(model.tokenizer.decode);
  const stops = createStopMatcher(request.stop);
  let logprobs: TokenLogprob[] = [];

  const partOf = (text: string): GeneratedPart | undefined => {
    if (text === '') return undefined;
    const part = request.topLogprobs === undefined ? { text } : { text, logprobs };
    logprobs = [];
    return part;
  };

  return {
    add(sampled) {
      if (request.topLogprobs !== undefined) logprobs.push(spelt(model.spelling, sampled));
      const { text, matched } = stops.add(detokenizer.add(sampled.token));
      const part = partOf(text);
      return { ...(part === undefined ? {} : { part }), ...(matched === undefined ? {} : { matched }) };
    },
    *finish() {
      const { text, matched } = stops.add(detokenizer.rest());
      const part = partOf(matched === undefined ? text + stops.rest() : text);
      if (part !== undefined) yield part;
    },
  };
}

function spelt(spelling: TokenSpelling, sampled: SampledToken): TokenLogprob {
  return {
    ...spelling(sampled.token),
    logprob: sampled.logprob,
    top: sampled.top.map(({ token, logprob }) => ({ ...spelling(token), logprob })),
  };
}
