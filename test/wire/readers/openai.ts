// The official OpenAI client as a reader: what it returns or throws, in words that belong to no vendor.

import OpenAI from 'openai';
import { argumentsOf, type Said, type SaidCall, type SaidChoice, type SaidUsage } from '../ground-truth/said.ts';
import { type Asked, type Fetch, finishOfOpenAi, type Heard, type Reader } from './heard.ts';

/** A client of the server at `url`.  */
export function openAiReader(url: string, apiKey: string, fetch: Fetch = globalThis.fetch): Reader {
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0, fetch });
  return {
    name: 'openai',
    endpoints: ['chat', 'completions', 'responses', 'embeddings'],
    async ask(asked) {
      try {
        return await ask(client, asked);
      } catch (thrown) {
        return heardFailure(thrown);
      }
    },
  };
}

function ask(client: OpenAI, asked: Asked): Promise<Heard> {
  switch (asked.endpoint) {
    case 'chat':
      return askChat(client, asked);
    case 'completions':
      return askCompletion(client, asked);
    case 'responses':
      return askResponse(client, asked);
    default:
      return askEmbeddings(client, asked);
  }
}

async function askChat(client: OpenAI, { body, streamed }: Asked): Promise<Heard> {
  const params = body as unknown as OpenAI.ChatCompletionCreateParamsNonStreaming;
  const completion = streamed
    ? await client.chat.completions.stream({ ...params, stream: true }).finalChatCompletion()
    : await client.chat.completions.create({ ...params, stream: false });
  // Who asked with the legacy `functions` looks for the answer where that API has it.
  const isLegacy = Object.hasOwn(body, 'functions');
  const choices = completion.choices.toSorted((one, other) => one.index - other.index);
  const [first = noChoice, ...others] = choices.map((choice) => choiceOf(choice, isLegacy));
  return answer({ ...first, others, usage: usageOf(completion.usage) });
}

function choiceOf({ message, finish_reason }: OpenAI.ChatCompletion.Choice, isLegacy: boolean): SaidChoice {
  const calls = isLegacy ? [] : (message.tool_calls ?? []).map(callOf);
  const legacy = message.function_call;
  if (isLegacy && legacy != null) calls.push({ name: legacy.name, arguments: argumentsOf(legacy.arguments) });
  return { text: message.content ?? '', calls, finish: finishOfOpenAi(finish_reason) };
}

const noChoice: SaidChoice = { text: '', calls: [], finish: undefined };

function callOf(call: OpenAI.ChatCompletionMessageToolCall): SaidCall {
  return call.type === 'custom'
    ? { name: call.custom.name, arguments: argumentsOf(call.custom.input) }
    : { name: call.function.name, arguments: argumentsOf(call.function.arguments) };
}

async function askCompletion(client: OpenAI, { body, streamed }: Asked): Promise<Heard> {
  const params = body as unknown as OpenAI.CompletionCreateParamsNonStreaming;
  const choices: SaidChoice[] = [noChoice];
  let usage: OpenAI.CompletionUsage | null | undefined;
  const add = (completion: OpenAI.Completion): void => {
    for (const { index, text, finish_reason } of completion.choices) {
      const before = choices[index] ?? noChoice;
      choices[index] = { ...before, text: before.text + text, finish: finishOfOpenAi(finish_reason) ?? before.finish };
    }
    usage = completion.usage ?? usage;
  };
  if (!streamed) add(await client.completions.create({ ...params, stream: false }));
  else for await (const chunk of await client.completions.create({ ...params, stream: true })) add(chunk);
  const [first = noChoice, ...others] = choices;
  return answer({ ...first, others, usage: usageOf(usage) });
}

async function askResponse(client: OpenAI, { body, streamed }: Asked): Promise<Heard> {
  const params = body as unknown as OpenAI.Responses.ResponseCreateParamsNonStreaming;
  const response = streamed
    ? await client.responses.stream({ ...params, stream: true }).finalResponse()
    : await client.responses.create({ ...params, stream: false });
  if (response.error != null) {
    const { code, message } = response.error;
    return { kind: 'failure', status: undefined, error: { type: undefined, code, message }, text: message };
  }
  const calls = response.output.flatMap((item): SaidCall[] => {
    if (item.type === 'function_call') return [{ name: item.name, arguments: argumentsOf(item.arguments) }];
    return item.type === 'custom_tool_call' ? [{ name: item.name, arguments: argumentsOf(item.input) }] : [];
  });
  const cause = response.incomplete_details?.reason;
  const cut = cause === 'max_output_tokens' ? 'length' : cause === 'content_filter' ? 'content-filter' : 'other';
  return answer({
    text: response.output_text,
    calls,
    finish: response.status === 'incomplete' ? cut : calls.length > 0 ? 'tool-calls' : 'stop',
    usage:
      response.usage == null ? undefined : { input: response.usage.input_tokens, output: response.usage.output_tokens },
  });
}

async function askEmbeddings(client: OpenAI, { body }: Asked): Promise<Heard> {
  const list = await client.embeddings.create(body as unknown as OpenAI.EmbeddingCreateParams);
  const vectors = list.data.map(({ embedding }) => {
    // Who asks for base64 by name gets the text itself.
    if (typeof embedding !== 'string') return embedding.map(Math.fround);
    const bytes = Buffer.from(embedding, 'base64');
    return Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readFloatLE(index * 4));
  });
  return { kind: 'vectors', vectors, input: list.usage.prompt_tokens };
}

function answer(said: Said): Heard {
  return { kind: 'answer', said };
}

function usageOf(usage: OpenAI.CompletionUsage | null | undefined): SaidUsage | undefined {
  return usage == null ? undefined : { input: usage.prompt_tokens, output: usage.completion_tokens };
}

function heardFailure(thrown: unknown): Heard {
  const text = String(thrown);
  if (!(thrown instanceof OpenAI.APIError)) {
    return { kind: 'failure', status: undefined, error: { type: undefined, code: undefined, message: text }, text };
  }
  const { status, type, code, param } = thrown;
  const message = (thrown.error as { message?: unknown } | undefined)?.message;
  const error = {
    type,
    code: code ?? undefined,
    message: typeof message === 'string' ? message : thrown.message,
    param: param ?? undefined,
  };
  return { kind: 'failure', status, error, text };
}
