// The provider of models that run in this process: built-in ones and mounted directories, behind the ModelProvider port.
// What a model does is in the folders beside this file; here requests are checked, named and timed.

import { collectResponse } from '../../core/collect.ts';
import type { EmbedRequest, EmbedResponse } from '../../core/embed.ts';
import { SluiceError } from '../../core/error.ts';
import type { ModelDescription } from '../../core/model-description.ts';
import type { PredictPart, PredictRequest } from '../../core/predict.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Ids } from '../../ports/ids.ts';
import type { AttemptTimeouts, ModelCall, ModelProvider } from '../../ports/model.ts';
import type { Log } from '../../telemetry/log.ts';
import { type AttemptTimer, startAttemptTimer } from './attempt-timer.ts';
import { builtInModels, type CatalogueEntry, type MountedModel, mountedModel } from './catalogue.ts';
import { maxEmbeddingCharacters, maxEmbeddingInputs } from './defaults.ts';
import { createEngine, type Engine } from './engine/engine.ts';
import type { GeneratedEnding, GeneratedPart, ModelFacts } from './engine/protocol.ts';
import { checkPromptSize } from './prompt-size.ts';
import { toGenerateRequest } from './request.ts';

/** What a local provider is made from. */
export interface LocalProviderOptions {
  /** The provider's name in the configuration. */
  readonly name: string;
  /** Where converted weights are kept; made when it does not exist. */
  readonly cacheDir: string;
  /** Models beside the built-in ones; a built-in name is replaced. */
  readonly models: Readonly<Record<string, MountedModel>>;
  /** Threads inside one matrix product; default 1. */
  readonly threads?: number;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
}

interface ServedModel extends CatalogueEntry {
  readonly engine: Engine;
}

/**
 * Creates the provider; no thread runs and no file is read before the first call or `ready`. The built-in models share one
 * model thread, each mounted model has one of its own, so that a heavy one does not slow the others down.
 */
export function createLocalProvider(options: LocalProviderOptions): ModelProvider {
  const { name, clock, ids, log } = options;
  const served = new Map<string, ServedModel>();
  const facts = new Map<string, ModelFacts>();
  const engines: Engine[] = [];
  const serve = (entries: readonly CatalogueEntry[]): void => {
    if (entries.length === 0) return;
    const engine = createEngine({
      models: entries.map((entry) => entry.engineModel),
      ...(options.threads === undefined ? {} : { intraOpThreads: options.threads }),
      clock,
      log: log.child({ provider: name }),
    });
    engines.push(engine);
    for (const entry of entries) served.set(entry.name, { ...entry, engine });
  };
  serve(builtInModels(name, options.cacheDir).filter((entry) => !Object.hasOwn(options.models, entry.name)));
  for (const [model, mounted] of Object.entries(options.models)) serve([mountedModel(name, model, mounted)]);

  const find = (model: string): ServedModel => {
    const found = served.get(model);
    if (found !== undefined) return found;
    throw new SluiceError('model_not_found', { message: `There is no model '${name}/${model}'.`, param: 'model' });
  };

  const contextOf = (model: ServedModel): number | undefined => describe(model, facts.get(model.name)).contextTokens;
  const predictStream = (request: PredictRequest, call: ModelCall): AsyncIterable<PredictPart> =>
    streamAnswer(find, contextOf, request, call, { clock, ids });

  return {
    name,
    models: () => [...served.values()].map((model) => describe(model, facts.get(model.name))),
    predictStream,
    async predict(request, call) {
      // A whole answer has no first token to wait for: only the total counts.
      const { totalMs } = call.timeouts;
      const timeouts = { ...call.timeouts, firstTokenMs: totalMs, idleMs: totalMs };
      return collectResponse(predictStream(request, { ...call, timeouts }));
    },
    embed: async (request, call) => embedTexts(find(call.model), request, call, { clock, log }),
    async ready(signal) {
      const load = async (model: ServedModel): Promise<void> => {
        facts.set(model.name, await model.engine.load(model.name, signal));
      };
      await Promise.all([...served.values()].map(load));
    },
    async close() {
      await Promise.all(engines.map((engine) => engine.close()));
    },
  };
}

/** The description with what loading taught. */
function describe(model: ServedModel, facts: ModelFacts | undefined): ModelDescription {
  return facts === undefined ? model.description : { ...model.description, ...facts };
}

async function* streamAnswer(
  find: (model: string) => ServedModel,
  contextOf: (model: ServedModel) => number | undefined,
  request: PredictRequest,
  call: ModelCall,
  host: { readonly clock: Clock; readonly ids: Ids },
): AsyncGenerator<PredictPart, void, undefined> {
  const model = find(call.model);
  const target = model.description.id;
  const { capabilities } = model.description;
  if (!capabilities.includes('chat')) throw cannot(target, 'chat');
  const limits = {
    target,
    readsToolResults: model.engineModel.kind === 'extractive',
    givesLogprobs: capabilities.includes('logprobs'),
  };
  const generate = toGenerateRequest(request, limits, Math.floor(host.ids.random() * 2 ** 32));
  // The answerer of quotes has its own bound, in characters.
  if (model.engineModel.kind === 'decoder') checkPromptSize(generate, contextOf(model));
  const timer = startAttemptTimer(call.timeouts, host.clock, call.signal);
  const parts = model.engine.generate(model.name, generate, timer.signal);
  try {
    let next = await nextPart(parts, timer);
    const createdAtMs = host.clock.now();
    yield { type: 'start', id: host.ids.next('chatcmpl-'), model: model.name, target, createdAtMs, attempts: 1 };
    while (next.done !== true) {
      yield { type: 'text-delta', ...next.value };
      next = await nextPart(parts, timer);
    }
    yield { type: 'end', ...toEnding(next.value) };
  } finally {
    timer.end();
    // Stops the engine when the reader left early; does nothing after the end.
    await parts.return(undefined as never);
  }
}

async function nextPart(
  parts: AsyncGenerator<GeneratedPart, GeneratedEnding, undefined>,
  timer: AttemptTimer,
): Promise<IteratorResult<GeneratedPart, GeneratedEnding>> {
  timer.wait();
  try {
    return await parts.next();
  } finally {
    timer.arrived();
  }
}

function toEnding(ending: GeneratedEnding): Omit<Extract<PredictPart, { type: 'end' }>, 'type'> {
  const { inputTokens, outputTokens, ...rest } = ending;
  return { ...rest, usage: { inputTokens, outputTokens, source: 'engine' } };
}

async function embedTexts(
  model: ServedModel,
  request: EmbedRequest,
  call: ModelCall,
  host: { readonly clock: Clock; readonly log: Log },
): Promise<EmbedResponse> {
  const target = model.description.id;
  if (!model.description.capabilities.includes('embeddings')) throw cannot(target, 'embed');
  checkInput(request.input);
  const result = await withTotalTimeout(call.timeouts, host.clock, call.signal, async (signal) => {
    if (request.dimensions !== undefined) {
      const { embeddingDimensions } = await model.engine.load(model.name, signal);
      if (request.dimensions !== embeddingDimensions) throw cannot(target, 'shorten its vectors', 'dimensions');
    }
    return model.engine.embed(model.name, request.input, signal);
  });
  if (result.truncated.length > 0) {
    const { requestId } = call.context;
    host.log.warn({ requestId, model: target, texts: result.truncated.length }, 'texts to embed were cut off');
  }
  const usage = { inputTokens: result.inputTokens, outputTokens: 0, source: 'engine' as const };
  return { model: model.name, target, attempts: 1, vectors: result.vectors, usage };
}

async function withTotalTimeout<T>(
  timeouts: AttemptTimeouts,
  clock: Clock,
  signal: AbortSignal,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const timer = startAttemptTimer(timeouts, clock, signal);
  try {
    return await run(timer.signal);
  } finally {
    timer.end();
  }
}

function checkInput(input: readonly string[]): void {
  if (input.length === 0 || input.length > maxEmbeddingInputs) {
    throw new SluiceError('invalid_request', {
      message: `'input' must hold 1 to ${maxEmbeddingInputs} texts.`,
      param: 'input',
    });
  }
  const long = input.findIndex((text) => text.length > maxEmbeddingCharacters);
  if (long >= 0) {
    throw new SluiceError('context_length_exceeded', {
      message: `A text to embed may have at most ${maxEmbeddingCharacters} characters.`,
      param: `input[${long}]`,
    });
  }
}

function cannot(target: string, what: string, param: string = 'model'): SluiceError {
  return new SluiceError('unsupported_capability', { message: `The model '${target}' cannot ${what}.`, param });
}
