// The provider of models that run in this process: built-in ones and mounted directories, behind the ModelProvider port.
// What a model does is in the folders beside this file; here requests are checked, named and timed.

import { collectResponse } from '../../core/collect.ts';
import { SluiceError } from '../../core/error.ts';
import type { ModelDescription } from '../../core/model-description.ts';
import type { PredictPart, PredictRequest } from '../../core/predict.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Ids } from '../../ports/ids.ts';
import type { ModelCall, ModelProvider } from '../../ports/model.ts';
import type { Log } from '../../telemetry/log.ts';
import { builtInModels, type CatalogueEntry, type MountedModel, mountedModel } from './catalogue.ts';
import { createEngine, type Engine } from './engine/engine.ts';
import type { ModelFacts } from './engine/protocol.ts';
import { classify } from './operations/classify.ts';
import { countTokens } from './operations/count-tokens.ts';
import { embed } from './operations/embed.ts';
import { generate } from './operations/generate.ts';
import { infer, tensorMetadata } from './operations/infer.ts';
import { moderate } from './operations/moderate.ts';
import type { Host, ServedModel } from './operations/operation.ts';
import { rank } from './operations/rank.ts';

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

  const host: Host = { clock, ids, log };
  async function* predictStream(request: PredictRequest, call: ModelCall): AsyncGenerator<PredictPart> {
    const model = find(call.model);
    yield* generate(model, describe(model, facts.get(model.name)).contextTokens, request, call, host);
  }

  return {
    name,
    models: () => [...served.values()].map((model) => describe(model, facts.get(model.name))),
    predictStream,
    // The turns of a chat are written by a template, which begins the answer anew; a raw prompt just goes on.
    continuation: {
      canContinue: ({ prompt }, model) => prompt !== undefined && served.get(model)?.engineModel.kind === 'decoder',
      mayEcho: false,
      continueStream: (request, said, call) =>
        predictStream(request.prompt === undefined ? request : { ...request, prompt: request.prompt + said }, call),
    },
    async predict(request, call) {
      // A whole answer has no first token to wait for: only the total counts.
      const { totalMs } = call.timeouts;
      const timeouts = { ...call.timeouts, firstTokenMs: totalMs, idleMs: totalMs };
      return collectResponse(predictStream(request, { ...call, timeouts }));
    },
    embed: async (request, call) => embed(find(call.model), request, call, host),
    rank: async (request, call) => rank(find(call.model), request, call, host),
    classify: async (request, call) => classify(find(call.model), request, call, host),
    moderate: async (request, call) => moderate(find(call.model), request, call, host),
    countTokens: async (request, call) => countTokens(find(call.model), request, call, host),
    infer: async (request, call) => infer(find(call.model), request, call, host),
    tensorMetadata: async (request, call) => tensorMetadata(find(call.model), request, call, host),
    async ready(signal) {
      const load = async (model: ServedModel): Promise<void> => {
        facts.set(model.name, await model.engine.ask(model.name, { type: 'load' }, signal));
      };
      await Promise.all([...served.values()].map(load));
    },
    async close() {
      await Promise.all(engines.map((engine) => engine.close()));
    },
  };
}

/** The description with what loading taught. */
function describe({ description }: ServedModel, facts: ModelFacts | undefined): ModelDescription {
  const { contextTokens, embeddingDimensions } = facts ?? {};
  return {
    ...description,
    ...(contextTokens === undefined ? {} : { contextTokens }),
    ...(embeddingDimensions === undefined ? {} : { embeddingDimensions }),
  };
}
