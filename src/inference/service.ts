// The inference service: the port Inference over providers. Each method is a short list of steps that live elsewhere: find the
// route, keep the targets that can, open the scope of the call, try them in order, record each attempt.

import type { CallContext } from '../core/call-context.ts';
import type { TokenCount } from '../core/count-tokens.ts';
import { SluiceError } from '../core/error.ts';
import type { Capability } from '../core/model-description.ts';
import type { PredictPart, PredictRequest, PredictResponse } from '../core/predict.ts';
import type { Usage } from '../core/usage.ts';
import type { Inference } from '../ports/inference.ts';
import type { ModelCall, ModelProvider } from '../ports/model.ts';
import { estimateInputTokens, type TokenEstimator } from '../ports/token-estimator.ts';
import { type AttemptInput, attempt, attemptStream, type Operation } from './attempt.ts';
import { AttemptPlan, type AttemptPlanRuntime, type Turn } from './attempt-plan.ts';
import { type CallScope, openCallScope } from './deadline.ts';
import { firstAnswer, firstStream } from './fallback.ts';
import { capableTargets, targetsWith } from './required-capabilities.ts';
import { type RescuedCall, rescuedStream } from './rescue.ts';
import { orderOfCall } from './routing/order-of-call.ts';
import type { Route, RoutingTable, Target } from './routing-table.ts';

/** What the service is made of. */
export interface InferenceServiceOptions extends AttemptPlanRuntime {
  /** The table in force; read once per call, so a reload never changes a call under way. */
  readonly routingTable: () => RoutingTable;
  /** Counts the tokens of a request whose vendor cannot be asked. */
  readonly estimator: TokenEstimator;
}

/** What answers of one piece have in common; what is not counted in tokens has no usage. */
interface Answer {
  readonly attempts: number;
  readonly usage?: Usage;
}

/** A method of a provider that it may lack. */
type FindMethod<Request, Response> = (
  provider: ModelProvider,
) => ((request: Request, call: ModelCall) => Promise<Response>) | undefined;

/** What is asked, of whom, and how. */
interface Question<T> {
  readonly operation: Operation;
  readonly model: string;
  readonly chooseTargets: (route: Route) => readonly Target[];
  /** What is said, where it is a conversation. */
  readonly conversation?: PredictRequest;
  readonly ask: (target: Target, call: ModelCall) => Promise<T>;
}

/** Creates the service. It holds no state of its own and needs no closing. */
export function createInferenceService(options: InferenceServiceOptions): Inference {
  return {
    predict: (request, context, caller) => {
      const question: Question<PredictResponse> = {
        operation: 'predict',
        model: request.model,
        chooseTargets: (route) => capableTargets(route, request),
        conversation: request,
        ask: ({ provider }, call) => provider.predict(request, call),
      };
      return answer(options, question, context, caller);
    },
    predictStream: (request, context, caller) => stream(options, request, context, caller),
    embed: method(options, 'embed', 'embeddings', (provider) => provider.embed.bind(provider)),
    rank: method(options, 'rank', 'rank', (provider) => provider.rank?.bind(provider)),
    classify: method(options, 'classify', 'classify', (provider) => provider.classify?.bind(provider)),
    moderate: method(options, 'moderate', 'moderate', (provider) => provider.moderate?.bind(provider)),
    transcribe: method(options, 'transcribe', 'transcribe', (provider) => provider.transcribe?.bind(provider)),
    infer: method(options, 'infer', 'tensors', (provider) => provider.infer?.bind(provider)),
    tensorMetadata: method(options, 'tensor_metadata', 'tensors', (provider) =>
      provider.tensorMetadata?.bind(provider),
    ),
    countTokens: (request, context, caller) => {
      const question: Question<TokenCount> = {
        operation: 'count_tokens',
        model: request.model,
        chooseTargets: (route) => capableTargets(route, request),
        conversation: request,
        ask: (target, call) =>
          target.provider.countTokens?.(request, call) ?? estimate(request, target, options.estimator),
      };
      return answer(options, question, context, caller);
    },
    listModels: async () => options.routingTable().list(),
  };
}

/** The first answer of the targets that can, in order. */
async function answer<T extends Answer>(
  options: InferenceServiceOptions,
  { operation, model, chooseTargets, conversation, ask }: Question<T>,
  context: CallContext,
  caller: AbortSignal,
): Promise<T> {
  const route = options.routingTable().resolve(model);
  const capable = chooseTargets(route);
  const { routing } = route;
  const targets =
    routing === undefined
      ? capable
      : await orderOfCall(capable, routing, { context, isStream: false, request: conversation }, options);
  const scope = openCallScope(context, caller, options.clock);
  try {
    return await firstAnswer(planOf(options, route, targets, false, context, scope), (turn) =>
      attempt(inputOf(operation, route, turn, context, scope), options, (call) => ask(turn.target, call)),
    );
  } finally {
    scope.close();
  }
}

/** A method of the port that only some providers and models have. */
function method<Request extends { readonly model: string }, Response extends Answer>(
  options: InferenceServiceOptions,
  operation: Operation,
  capability: Capability,
  methodOf: FindMethod<Request, Response>,
): (request: Request, context: CallContext, caller: AbortSignal) => Promise<Response> {
  const has = (provider: ModelProvider): boolean => methodOf(provider) !== undefined;
  return (request, context, caller) => {
    const question: Question<Response> = {
      operation,
      model: request.model,
      chooseTargets: (route) => targetsWith(route, capability, has),
      async ask(target, call) {
        const run = methodOf(target.provider);
        if (run === undefined) throw new SluiceError('internal', { detail: `${target.name} lost ${operation}` });
        return run(request, call);
      },
    };
    return answer(options, question, context, caller);
  };
}

/** Our own count, for a vendor that cannot be asked. */
async function estimate(request: PredictRequest, target: Target, estimator: TokenEstimator): Promise<TokenCount> {
  const inputTokens = await estimateInputTokens(request, estimator);
  return { model: target.model, target: target.name, attempts: 1, inputTokens, source: 'estimated' };
}

async function* stream(
  options: InferenceServiceOptions,
  request: PredictRequest,
  context: CallContext,
  caller: AbortSignal,
): AsyncGenerator<PredictPart, void, undefined> {
  const route = options.routingTable().resolve(request.model);
  const capable = capableTargets(route, request);
  const { routing } = route;
  const targets =
    routing === undefined
      ? capable
      : await orderOfCall(capable, routing, { context, isStream: true, request }, options);
  const scope = openCallScope(context, caller, options.clock);
  try {
    const plan = planOf(options, route, targets, true, context, scope);
    const ask: RescuedCall['ask'] = (turn, run) =>
      attemptStream(inputOf('predict_stream', route, turn, context, scope), options, (call) =>
        run(turn.target.provider, call),
      );
    if (route.rescue !== 'off') {
      yield* rescuedStream({ plan, request, mode: route.rescue, signal: scope.signal, ask }, options);
    } else yield* firstStream(plan, (turn) => ask(turn, (provider, call) => provider.predictStream(request, call)));
  } finally {
    scope.abandon();
    scope.close();
  }
}

function planOf(
  options: InferenceServiceOptions,
  { retries }: Route,
  targets: readonly Target[],
  isStream: boolean,
  { deadlineAtMs }: CallContext,
  { signal }: CallScope,
): AttemptPlan {
  return new AttemptPlan({ targets, retries, isStream, deadlineAtMs, signal }, options);
}

function inputOf(
  operation: Operation,
  route: Route,
  { target, watch }: Turn,
  context: CallContext,
  scope: CallScope,
): AttemptInput {
  return { target, watch, operation, context, timeouts: route.timeouts, signal: scope.signal };
}
