// The order of one call's targets, where its alias says that the order differs from call to call: gathers what the pure function
// needs to know, and only that.

import type { CallContext } from '../../core/call-context.ts';
import type { PredictRequest } from '../../core/predict.ts';
import { estimateInputTokens, type TokenEstimator } from '../../ports/token-estimator.ts';
import type { HealthRegistry } from '../resilience/health-registry.ts';
import { conversationKeyOf } from './conversation-key.ts';
import { assumedOutputTokens } from './defaults.ts';
import { type CallSize, orderTargets } from './order-targets.ts';
import type { RoutedTarget, RoutingPolicy } from './routing-policy.ts';

/** What is asked, by whom. */
export interface RoutedCall {
  readonly context: CallContext;
  readonly isStream: boolean;
  /** Absent for what is no conversation. */
  readonly request: PredictRequest | undefined;
}

/** What routing knows beside the call. */
export interface RoutingRuntime {
  readonly health: HealthRegistry;
  readonly random: () => number;
  readonly estimator: TokenEstimator;
}

/** All of the targets, which come in their static order, as this call is to ask them. */
export async function orderOfCall<Target extends RoutedTarget>(
  targets: readonly Target[],
  policy: RoutingPolicy,
  { context, isStream, request }: RoutedCall,
  { health, random, estimator }: RoutingRuntime,
): Promise<readonly Target[]> {
  const conversation = policy.sticky === 'conversation' ? conversationKeyOf(context, request) : undefined;
  const asksForSize = policy.by === 'cost' && conversation === undefined;
  const call = {
    canaries: context.routing?.canary ?? [],
    conversation,
    size: asksForSize ? await sizeOf(request, estimator) : undefined,
  };
  return orderTargets(targets, policy, call, { loadOf: (name) => health.of(name).loadMs(isStream), random });
}

/** What is not a conversation has no output that is paid by the token: there, only the price of input counts. */
async function sizeOf(request: PredictRequest | undefined, estimator: TokenEstimator): Promise<CallSize> {
  if (request === undefined) return { inputTokens: 1, outputTokens: 0 };
  const { maxOutputTokens = assumedOutputTokens, choiceCount = 1 } = request.sampling;
  const outputTokens = Math.min(maxOutputTokens, assumedOutputTokens) * choiceCount;
  return { inputTokens: await estimateInputTokens(request, estimator), outputTokens };
}
