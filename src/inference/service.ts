// The inference service: the port Inference over providers. Each method is a short list of steps that live elsewhere: open the
// scope of the call, find the route, keep the targets that can, try them in order, record each attempt.

import type { CallContext } from '../core/call-context.ts';
import type { PredictPart, PredictRequest } from '../core/predict.ts';
import type { Clock } from '../ports/clock.ts';
import type { Inference } from '../ports/inference.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { type AttemptInput, attempt, attemptStream, type Operation } from './attempt.ts';
import { type CallScope, openCallScope } from './deadline.ts';
import { firstAnswer, firstStream } from './fallback.ts';
import { capableTargets, embeddingTargets } from './required-capabilities.ts';
import type { Route, RoutingTable, Target } from './routing-table.ts';

/** What the service is made of. */
export interface InferenceServiceOptions {
  /** The table in force; read once per call, so a reload never changes a call under way. */
  readonly routingTable: () => RoutingTable;
  readonly clock: Clock;
  readonly metrics: Metrics;
}

/** Creates the service. It holds no state of its own and needs no closing. */
export function createInferenceService(options: InferenceServiceOptions): Inference {
  const { clock, routingTable } = options;
  const inputOf = (operation: Operation, route: Route, target: Target, context: CallContext, scope: CallScope) =>
    ({ target, operation, context, timeouts: route.timeouts, signal: scope.signal }) satisfies AttemptInput;

  return {
    async predict(request, context, caller) {
      const route = routingTable().resolve(request.model);
      const targets = capableTargets(route, request);
      const scope = openCallScope(context, caller, clock);
      try {
        return await firstAnswer(targets, scope.signal, (target) =>
          attempt(inputOf('predict', route, target, context, scope), options, (call) =>
            target.provider.predict(request, call),
          ),
        );
      } finally {
        scope.close();
      }
    },

    predictStream: (request, context, caller) => stream(request, context, caller),

    async embed(request, context, caller) {
      const route = routingTable().resolve(request.model);
      const targets = embeddingTargets(route);
      const scope = openCallScope(context, caller, clock);
      try {
        return await firstAnswer(targets, scope.signal, (target) =>
          attempt(inputOf('embed', route, target, context, scope), options, (call) =>
            target.provider.embed(request, call),
          ),
        );
      } finally {
        scope.close();
      }
    },

    async listModels() {
      return routingTable().list();
    },
  };

  async function* stream(
    request: PredictRequest,
    context: CallContext,
    caller: AbortSignal,
  ): AsyncGenerator<PredictPart, void, undefined> {
    const route = routingTable().resolve(request.model);
    const targets = capableTargets(route, request);
    const scope = openCallScope(context, caller, clock);
    try {
      yield* firstStream(targets, scope.signal, (target) =>
        attemptStream(inputOf('predict_stream', route, target, context, scope), options, (call) =>
          target.provider.predictStream(request, call),
        ),
      );
    } finally {
      scope.abandon();
      scope.close();
    }
  }
}
