// Embeddings in the three forms that Google has for them: which requests one call makes, and their answers as vectors.

import type { EmbedRequest, EmbedResponse } from '../../core/embed.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { TokenEstimator } from '../../ports/token-estimator.ts';
import { malformed } from '../openai-compatible/answer-fields.ts';
import { set, unsupported } from '../openai-compatible/request-translation.ts';
import { inputUsage } from '../openai-compatible/usage.ts';
import { countOf, listOf, objectOf } from '../openai-compatible/wire-values.ts';
import type { Api } from './address.ts';
import { maxBatchRequests, maxPredictInstances } from './defaults.ts';

/** One HTTP request of an embedding call: it carries `count` of the inputs, in order. */
export interface EmbedStep {
  readonly method: 'predict' | 'embedContent' | 'batchEmbedContents';
  readonly body: JsonObject;
  readonly count: number;
}

/**
 * The requests for all inputs. Gemini API: `:batchEmbedContents`. Vertex: `:predict` with many texts, or with one at a time
 * for `gemini-embedding-001`, which takes no more; models after that have only `:embedContent`.
 *
 * Vertex would cut a text that is too long without a word; `autoTruncate: false` makes it refuse instead. Of the unknown
 * fields `task_type`, `title` and `auto_truncate` are known to Google, `user` is left out (it changes no vector), and all
 * others are refused.
 */
export function embedToWire(request: EmbedRequest, model: string, api: Api): EmbedStep[] {
  const options = optionsOf(request);
  if (api === 'gemini') {
    const name = model.includes('/') ? model : `models/${model}`;
    return stepsOf(request.input, maxBatchRequests, (texts) => ({
      method: 'batchEmbedContents',
      body: { requests: texts.map((text) => ({ model: name, content: contentOf(text), ...contentOptions(options) })) },
    }));
  }
  if (/gemini-embedding-(?!001)/.test(model)) {
    return stepsOf(request.input, 1, ([text = '']) => ({
      method: 'embedContent',
      body: { content: contentOf(text), ...contentOptions(options) },
    }));
  }
  const size = model.includes('gemini-embedding') ? 1 : maxPredictInstances;
  return stepsOf(request.input, size, (texts) => ({ method: 'predict', body: predictBody(texts, options) }));
}

interface EmbedOptions {
  readonly dimensions?: number | undefined;
  readonly taskType?: JsonValue | undefined;
  readonly title?: JsonValue | undefined;
  readonly autoTruncate?: JsonValue | undefined;
}

function optionsOf({ dimensions, extra = {} }: EmbedRequest): EmbedOptions {
  const {
    task_type,
    taskType = task_type,
    title,
    auto_truncate,
    autoTruncate = auto_truncate,
    user: _,
    ...rest
  } = extra;
  for (const [name, value] of Object.entries(rest)) {
    if (value !== null) throw unsupported(`the field \`${name}\``, name);
  }
  return { dimensions, taskType, title, autoTruncate };
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
 * The vectors of all steps in the order of the input. Throws `upstream_malformed` when one is missing, when lengths differ,
 * or when they are not of the length asked for.
 */
export async function embedFromWire(
  answers: readonly { readonly step: EmbedStep; readonly body: JsonObject }[],
  request: EmbedRequest,
  model: string,
  target: string,
  estimator: TokenEstimator,
): Promise<EmbedResponse> {
  const vectors: Float32Array[] = [];
  let tokens: number | undefined = 0;
  for (const { step, body } of answers) {
    const items = itemsOf(step, body);
    if (items.length !== step.count) throw malformed(`${items.length} vectors for ${step.count} inputs`);
    for (const item of items) vectors.push(vectorOf(item['values']));
    const counted = tokensOf(step, body, items);
    tokens = tokens === undefined || counted === undefined ? undefined : tokens + counted;
  }
  const length = request.dimensions ?? vectors[0]?.length;
  for (const vector of vectors) {
    if (vector.length !== length) throw malformed(`a vector of ${vector.length} numbers instead of ${length}`);
  }
  const usage = await inputUsage(tokens, request.input, estimator);
  return { model, target, attempts: 1, vectors, usage };
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

function reject(): never {
  throw malformed('an embedding is not an object');
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
  if (numbers.length === 0) throw malformed('an embedding has no values');
  const vector = new Float32Array(numbers.length);
  for (let index = 0; index < numbers.length; index += 1) {
    const number = numbers[index];
    if (typeof number !== 'number') throw malformed('an embedding holds something that is not a number');
    vector[index] = number;
  }
  return vector;
}
