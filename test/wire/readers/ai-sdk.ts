// The Vercel AI SDK as a reader. It writes requests of its own, so the recorded one takes their place on the way out: what is
// measured is how it reads the answer.

import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { APICallError, generateText, type LanguageModel, streamText } from 'ai';
import { argumentsOf, at, errorOf, type Said, type SaidFinish } from '../ground-truth/said.ts';
import type { Endpoint, Fetch, Heard, Reader } from './heard.ts';

/** The three packages of the SDK that speak a dialect of the server at `url`. */
export function aiSdkReaders(url: string, apiKey: string, send: Fetch = globalThis.fetch): Reader[] {
  const baseURL = `${url}/v1`;
  const createReader = (name: string, endpoints: readonly Endpoint[], modelWith: ModelWith): Reader =>
    readerOf(name, endpoints, modelWith, send);
  return [
    createReader('ai-sdk openai', ['chat'], (fetch) => createOpenAI({ baseURL, apiKey, fetch }).chat('m')),
    createReader('ai-sdk openai responses', ['responses'], (fetch) =>
      createOpenAI({ baseURL, apiKey, fetch }).responses('m'),
    ),
    createReader('ai-sdk compatible', ['chat'], (fetch) =>
      createOpenAICompatible({ name: 'sluice', baseURL, apiKey, fetch, includeUsage: true }).chatModel('m'),
    ),
    createReader('ai-sdk anthropic', ['messages'], (fetch) => createAnthropic({ baseURL, apiKey, fetch })('m')),
  ];
}

/** Makes a model of the SDK that reaches its server by the given means. */
type ModelWith = (fetch: Fetch) => LanguageModel;

function readerOf(name: string, endpoints: readonly Endpoint[], modelWith: ModelWith, send: Fetch): Reader {
  return {
    name,
    endpoints,
    async ask(asked) {
      const body = JSON.stringify({ ...asked.body, stream: asked.streamed });
      const model = modelWith((input, init) => send(input, { ...init, body }));
      try {
        return asked.streamed ? await readStream(model) : await readWhole(model);
      } catch (thrown) {
        return heardFailure(thrown);
      }
    },
  };
}

async function readWhole(model: LanguageModel): Promise<Heard> {
  const { text, toolCalls, finishReason, usage } = await generateText({
    model,
    prompt: 'p',
    maxOutputTokens: 1024,
    maxRetries: 0,
  });
  return heardAnswer(text, toolCalls, finishReason, usage);
}

async function readStream(model: LanguageModel): Promise<Heard> {
  const result = streamText({ model, prompt: 'p', maxOutputTokens: 1024, maxRetries: 0, onError: () => undefined });
  let text = '';
  let failure: unknown;
  const calls: Call[] = [];
  let end: { finishReason: string; totalUsage: Usage } | undefined;
  for await (const part of result.fullStream) {
    if (part.type === 'text-delta') text += part.text;
    if (part.type === 'tool-call') calls.push(part);
    if (part.type === 'error') failure ??= part.error;
    if (part.type === 'finish') end = part;
  }
  if (failure !== undefined) return heardFailure(failure);
  return heardAnswer(text, calls, end?.finishReason, end?.totalUsage);
}

interface Call {
  readonly toolName: string;
  readonly input: unknown;
  readonly providerExecuted?: boolean | undefined;
}

interface Usage {
  readonly inputTokens?: number | undefined;
  readonly outputTokens?: number | undefined;
}

function heardAnswer(
  text: string,
  calls: readonly Call[],
  reason: string | undefined,
  usage: Usage | undefined,
): Heard {
  const own = calls.filter((call) => call.providerExecuted !== true);
  const { inputTokens: input, outputTokens: output } = usage ?? {};
  const said: Said = {
    text,
    calls: own.map((call) => ({ name: call.toolName, arguments: argumentsOf(call.input) })),
    finish: finishOf(reason),
    usage: input === undefined || output === undefined ? undefined : { input, output },
  };
  return { kind: 'answer', said };
}

function finishOf(reason: string | undefined): SaidFinish | undefined {
  if (reason === 'stop' || reason === 'length' || reason === 'content-filter' || reason === 'tool-calls') return reason;
  return reason === undefined ? undefined : 'other';
}

function heardFailure(thrown: unknown): Heard {
  const text = String(thrown);
  if (APICallError.isInstance(thrown)) {
    const body = jsonOf(thrown.responseBody);
    return { kind: 'failure', status: thrown.statusCode, error: errorOf(body), text };
  }
  const error = { type: at(thrown, 'type'), code: at(thrown, 'code'), message: at(thrown, 'message') };
  return { kind: 'failure', status: undefined, error: errorOf({ error }), text };
}

function jsonOf(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '') as unknown;
  } catch {
    return {};
  }
}
