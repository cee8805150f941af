// Which targets stand behind a model name, as one immutable table; a reload of the configuration swaps the whole table.

import { SluiceError } from '../core/error.ts';
import type { ModelDescription } from '../core/model-description.ts';
import type { AttemptTimeouts, ModelProvider } from '../ports/model.ts';
import type { RescueMode } from './rescue-mode.ts';
import type { RetryPolicy } from './resilience/retry-policy.ts';
import { dynamicPolicy, inStaticOrder, type RoutingPolicy, type TargetRouting } from './routing/routing-policy.ts';

/** One model at one provider. */
export interface Target {
  /** `provider/model`, as in the configuration. */
  readonly name: string;
  readonly provider: ModelProvider;
  /** The model's name at the provider. */
  readonly model: string;
  /** What the provider says of the model; absent when it passes any name on. */
  readonly description: ModelDescription | undefined;
  /** How it takes part in the choice; absent where nothing is configured. */
  readonly routing?: TargetRouting | undefined;
}

/** The targets of one model name, in order of preference, and the limits of each attempt. */
export interface Route {
  readonly id: string;
  /** How the order differs from call to call; absent: it does not. */
  readonly routing?: RoutingPolicy | undefined;
  readonly targets: readonly [Target, ...Target[]];
  readonly timeouts: AttemptTimeouts;
  /** Absent: the caller named the target itself, and gets its first answer. */
  readonly retries: RetryPolicy | undefined;
  /** What happens to a stream whose target dies in the middle. */
  readonly rescue: RescueMode;
  /** The operator's own words about the model. */
  readonly summary: string | undefined;
}

/** A target as it is configured. */
export interface TargetDefinition extends TargetRouting {
  /** `provider/model`. */
  readonly target: string;
}

/** A model alias as it is configured. */
export interface RouteDefinition {
  /** `provider/model` names, or with how each takes part in the choice; at least one. */
  readonly targets: readonly (string | TargetDefinition)[];
  /** Absent: in order. */
  readonly routing?: RoutingPolicy | undefined;
  readonly timeouts: AttemptTimeouts;
  readonly retries: RetryPolicy;
  /** Default `off`. */
  readonly rescue?: RescueMode;
  readonly summary?: string | undefined;
}

/** What a routing table is made from. */
export interface RoutingTableInput {
  readonly aliases: Readonly<Record<string, RouteDefinition>>;
  readonly providers: ReadonlyMap<string, ModelProvider>;
  /** `provider/model` names to list beside what providers describe themselves; any other name resolves as well. */
  readonly listed?: readonly string[];
  /** Limits for a model that is named as `provider/model` directly. */
  readonly defaultTimeouts: AttemptTimeouts;
}

/** Finds routes. */
export interface RoutingTable {
  /** The route of an alias or of `provider/model`. Throws `model_not_found`. */
  resolve(model: string): Route;
  /** Every name that resolves and can be listed: aliases first, then the providers' own models. */
  list(): readonly ModelDescription[];
}

/** Builds the table. Throws `config_invalid` when an alias names a provider that does not exist. */
export function createRoutingTable(input: RoutingTableInput): RoutingTable {
  const routes = new Map<string, Route>();
  for (const [id, definition] of Object.entries(input.aliases)) {
    routes.set(id, routeOf(id, definition, input.providers));
  }
  const listed = [...routes.values()].map(describe).concat(ownModels(input.providers, routes), passedOn(input, routes));
  const names = listed.map((model) => model.id).join(', ');

  const resolveDirect = (model: string): Route => {
    const target = findTarget(model, input.providers);
    if (target === undefined || isUnknownTo(target)) {
      throw new SluiceError('model_not_found', {
        message: `The model '${printable(model)}' does not exist. Models of this server: ${names}.`,
        param: 'model',
      });
    }
    return {
      id: model,
      targets: [target],
      timeouts: input.defaultTimeouts,
      retries: undefined,
      rescue: 'off',
      summary: undefined,
    };
  };
  return { resolve: (model) => routes.get(model) ?? resolveDirect(model), list: () => listed };
}

function routeOf(id: string, definition: RouteDefinition, providers: ReadonlyMap<string, ModelProvider>): Route {
  const targets = definition.targets.map((written) => {
    const { target: name, ...routing } = typeof written === 'string' ? { target: written } : written;
    const target = findTarget(name, providers);
    if (target === undefined) {
      throw new SluiceError('config_invalid', {
        message: `models.${id}.targets: '${name}' names no provider. Expected provider/model with a provider of: ${[...providers.keys()].join(', ')}.`,
      });
    }
    return Object.keys(routing).length === 0 ? target : { ...target, routing };
  });
  const [first, ...rest] = inStaticOrder(targets);
  if (first === undefined) {
    throw new SluiceError('config_invalid', { message: `models.${id}.targets: expected at least one provider/model.` });
  }
  const { timeouts, retries, rescue = 'off', summary } = definition;
  const routing = dynamicPolicy(definition.routing, targets);
  return {
    id,
    targets: [first, ...rest],
    timeouts,
    retries,
    rescue,
    summary,
    ...(routing === undefined ? {} : { routing }),
  };
}

/** Splits at the first slash: model names of vendors hold slashes too (`gpu/meta-llama/Llama-3.1-8B`). */
function findTarget(name: string, providers: ReadonlyMap<string, ModelProvider>): Target | undefined {
  const slash = name.indexOf('/');
  if (slash <= 0 || slash === name.length - 1) return undefined;
  const provider = providers.get(name.slice(0, slash));
  if (provider === undefined) return undefined;
  const description = provider.models().find((model) => model.id === name);
  return { name, provider, model: name.slice(slash + 1), description };
}

/** A provider that lists its models knows all of them; one that lists none passes any name on. */
function isUnknownTo(target: Target): boolean {
  return target.description === undefined && target.provider.models().length > 0;
}

function describe(route: Pick<Route, 'id' | 'targets' | 'summary'>): ModelDescription {
  const [first] = route.targets;
  const known = first.description;
  return {
    ownedBy: known?.ownedBy ?? first.provider.name,
    capabilities: known?.capabilities ?? [],
    createdAtMs: known?.createdAtMs ?? 0,
    ...(known?.contextTokens === undefined ? {} : { contextTokens: known.contextTokens }),
    ...(known?.embeddingDimensions === undefined ? {} : { embeddingDimensions: known.embeddingDimensions }),
    ...(known?.licence === undefined ? {} : { licence: known.licence }),
    id: route.id,
    targets: route.targets.map((target) => target.name),
    summary: route.summary ?? known?.summary ?? `Passed on to ${first.name}.`,
  };
}

function ownModels(
  providers: ReadonlyMap<string, ModelProvider>,
  routes: ReadonlyMap<string, Route>,
): ModelDescription[] {
  return [...providers.values()].flatMap((provider) => provider.models()).filter((model) => !routes.has(model.id));
}

/** Names that the operator wants to be seen, at providers that pass any name on. */
function passedOn(
  { listed = [], providers }: RoutingTableInput,
  routes: ReadonlyMap<string, Route>,
): ModelDescription[] {
  return listed.flatMap((name) => {
    const target = routes.has(name) ? undefined : findTarget(name, providers);
    if (target === undefined || target.description !== undefined) return [];
    return [describe({ id: name, targets: [target], summary: undefined })];
  });
}

/** At most 100 characters and no control characters, so that a hostile name cannot forge log lines or flood an error. */
function printable(text: string): string {
  return text.slice(0, 100).replace(/\p{Cc}/gu, '?');
}
