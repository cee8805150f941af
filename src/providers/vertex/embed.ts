// Embeddings in the three forms that Google has for them: which requests one call makes, and their answers as vectors.

import { reportOf } from '../../core/downgraded.ts';
import { type EmbedRequest, type EmbedResponse, textsToEmbed } from '../../core/embed.ts';
import { upstreamMalformed } from '../../core/error.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { AnswerContext } from '../translation/answer-context.ts';
import { set, unsupported } from '../translation/request-translation.ts';
import { inputUsage } from '../translation/usage.ts';
import { countOf, listOf, objectOf } from '../translation/wire-values.ts';
import type { Api } from './address.ts';
import { maxBatchRequests, maxPredictInstances } from './defaults.ts';

/** One HTTP request of an embedding call: it carries `count` of the inputs, in order. */
export interface EmbedStep {
  readonly method: 'predict' | 'embedContent' | 'batchEmbedContents';
  readonly body: JsonObject;
  readonly count: number;
}

/** The requests of one call, and the names of the call's fields that are in none of them. */
export interface EmbedPlan {
  readonly steps: readonly EmbedStep[];
  readonly downgrades: readonly string[];
}

/**
 * The requests for all inputs. Gemini API: `:batchEmbedContents`. Vertex: `:predict` with many texts, or with one at a time
 * for `gemini-embedding-001`, which takes no more; models after that have only `:embedContent`.
 *
 * `:predict` would cut a text that is too long without a word; `autoTruncate: false` makes it refuse instead. Of the unknown
 * fields `task_type`, `title` and, on Vertex, `auto_truncate` are known to Google, `user` is left out (it changes no vector), and
 * all others are refused, as are tokens in place of texts.
 */
export function embedToWire(request: EmbedRequest, model: string, api: Api): EmbedPlan {
  const options = optionsOf(request);
  return { steps: planSteps(request, model, api, options), downgrades: downgradesOf(options, api) };
}

function planSteps(request: EmbedRequest, model: string, api: Api, options: EmbedOptions): EmbedStep[] {
  const texts = textsToEmbed(request);
  if (api === 'gemini') {
    const name = model.includes('/') ? model : `models/${model}`;
    return stepsOf(texts, maxBatchRequests, (batch) => ({
      method: 'batchEmbedContents',
      body: { requests: batch.map((text) => ({ model: name, content: contentOf(text), ...contentOptions(options) })) },
    }));
  }
  if (/gemini-embedding-(?!001)/.test(model)) {
    return stepsOf(texts, 1, ([text = '']) => ({
      method: 'embedContent',
      body: { content: contentOf(text), ...contentOptions(options), ...truncation(options) },
    }));
  }
  const size = model.includes('gemini-embedding') ? 1 : maxPredictInstances;
  return stepsOf(texts, size, (batch) => ({ method: 'predict', body: predictBody(batch, options) }));
}

interface EmbedOptions {
  readonly dimensions?: number | undefined;
  readonly taskType?: JsonValue | undefined;
  readonly title?: JsonValue | undefined;
  readonly autoTruncate?: JsonValue | undefined;
  readonly user?: JsonValue | undefined;
}

function optionsOf({ dimensions, extra = {} }: EmbedRequest): EmbedOptions {
  const { task_type, taskType = task_type, title, auto_truncate, autoTruncate = auto_truncate, user, ...rest } = extra;
  for (const [name, value] of Object.entries(rest)) {
    if (value !== null) throw unsupported(`the field \`${name}\``, name);
  }
  return { dimensions, taskType, title, autoTruncate, user };
}

function downgradesOf({ user, autoTruncate }: EmbedOptions, api: Api): string[] {
  const given = (value: JsonValue | undefined): boolean => value !== undefined && value !== null;
  return [...(given(user) ? ['user'] : []), ...(api === 'gemini' && given(autoTruncate) ? ['auto_truncate'] : [])];
}

function stepsOf(
  input: readonly string[],
  size: number,
  make: (texts: readonly string[]) => Omit<EmbedStep, 'count'>,
): EmbedStep[] {
  const steps: EmbedStep[] = [];
  for (let at = 0; at < input.length; at += size) {
    const texts = input.slice(at, at + size);
    steps.push({ ...make(texts), count: texts.length });
  }
  return steps;
}

function contentOf(text: string): JsonObject {
  return { parts: [{ text }] };
}

function contentOptions(options: EmbedOptions): JsonObject {
  const wire: JsonObject = {};
  set(wire, 'outputDimensionality', options.dimensions);
  set(wire, 'taskType', options.taskType);
  set(wire, 'title', options.title);
  return wire;
}

function truncation({ autoTruncate }: EmbedOptions): JsonObject {
  return autoTruncate === undefined ? {} : { autoTruncate };
}

function predictBody(texts: readonly string[], options: EmbedOptions): JsonObject {
  const parameters: JsonObject = { autoTruncate: options.autoTruncate ?? false };
  set(parameters, 'outputDimensionality', options.dimensions);
  const instances = texts.map((content) => {
    const instance: JsonObject = { content };
    set(instance, 'task_type', options.taskType);
    set(instance, 'title', options.title);
    return instance;
  });
  return { instances, parameters };
}

/**
 * The vectors of all steps in the order of the input. A text that Google cut off is reported as `input`. Throws `upstream_malformed` when one is missing, when lengths differ,
 * or when they are not of the length asked for.
 */
export async function embedFromWire(
  answers: readonly { readonly step: EmbedStep; readonly body: JsonObject }[],
  request: EmbedRequest,
  { model, target, estimator, downgrades = [] }: AnswerContext,
): Promise<EmbedResponse> {
  const vectors: Float32Array[] = [];
  const isCut = answers.some(({ step, body }) => isTruncated(step, body));
  let tokens: number | undefined = 0;
  for (const { step, body } of answers) {
    const items = itemsOf(step, body);
    if (items.length !== step.count) throw upstreamMalformed(`${items.length} vectors for ${step.count} inputs`);
    for (const item of items) vectors.push(vectorOf(item['values']));
    const counted = tokensOf(step, body, items);
    tokens = tokens === undefined || counted === undefined ? undefined : tokens + counted;
  }
  const length = request.dimensions ?? vectors[0]?.length;
  for (const vector of vectors) {
    if (vector.length !== length) throw upstreamMalformed(`a vector of ${vector.length} numbers instead of ${length}`);
  }
  const usage = await inputUsage(tokens, request.input, estimator);
  return { model, target, attempts: 1, vectors, usage, ...reportOf([...downgrades, ...(isCut ? ['input'] : [])]) };
}

/** The objects that hold `values`. */
function itemsOf(step: EmbedStep, body: JsonObject): JsonObject[] {
  const wire =
    step.method === 'predict'
      ? listOf(body['predictions']).map((item) => objectOf(item)?.['embeddings'])
      : step.method === 'embedContent'
        ? [body['embedding']]
        : listOf(body['embeddings']);
  return wire.map((value) => objectOf(value) ?? reject());
}

/** By text in the answers of `:predict`, for its one text in that of `:embedContent`; the Gemini API does not say. */
function isTruncated(step: EmbedStep, body: JsonObject): boolean {
  if (step.method !== 'predict') return body['truncated'] === true;
  return itemsOf(step, body).some((item) => objectOf(item['statistics'])?.['truncated'] === true);
}

function reject(): never {
  throw upstreamMalformed('an embedding is not an object');
}

/** By text on Vertex, by answer in `usageMetadata`; the older forms of the Gemini API say nothing. */
function tokensOf(step: EmbedStep, body: JsonObject, items: readonly JsonObject[]): number | undefined {
  if (step.method !== 'predict') return countOf(objectOf(body['usageMetadata'])?.['promptTokenCount']);
  let tokens = 0;
  for (const item of items) {
    const count = countOf(objectOf(item['statistics'])?.['token_count']);
    if (count === undefined) return undefined;
    tokens += count;
  }
  return tokens;
}

function vectorOf(value: JsonValue | undefined): Float32Array {
  const numbers = listOf(value);
  if (numbers.length === 0) throw upstreamMalformed('an embedding has no values');
  const vector = new Float32Array(numbers.length);
  for (let index = 0; index < numbers.length; index += 1) {
    const number = numbers[index];
    if (typeof number !== 'number') throw upstreamMalformed('an embedding holds something that is not a number');
    vector[index] = number;
  }
  return vector;
}
