// What a request needs of a model, so that no target is asked for what it cannot do.

import { SluiceError } from '../core/error.ts';
import type { ContentPart } from '../core/message.ts';
import type { Capability } from '../core/model-description.ts';
import type { PredictRequest } from '../core/predict.ts';
import type { ModelProvider } from '../ports/model.ts';
import type { Route, Target } from './routing-table.ts';

/** A capability and the field of the request that needs it. */
interface Need {
  readonly capability: Capability;
  readonly param: string;
}

/** Targets of the route that can serve the request, in order. Throws `unsupported_capability` when there is none. */
export function capableTargets(route: Route, request: PredictRequest): readonly Target[] {
  // Most targets pass any model on and say nothing of what it can do.
  if (!route.targets.some(isDescribed)) return route.targets;
  return selectTargets(route, needsOf(request));
}

/**
 * Targets of the route whose provider can do a thing (`has`) and whose model is not known to lack the capability for it. Throws
 * `unsupported_capability` when there is none.
 */
export function targetsWith(
  route: Route,
  capability: Capability,
  has: (provider: ModelProvider) => boolean,
): readonly Target[] {
  const need: Need = { capability, param: 'model' };
  const [first, ...rest] = route.targets.filter(({ provider }) => has(provider));
  if (first === undefined) throw unsupported(route, need);
  return selectTargets({ ...route, targets: [first, ...rest] }, [need]);
}

function selectTargets(route: Route, needs: readonly Need[]): readonly Target[] {
  const capable = route.targets.filter((target) => missing(target, needs) === undefined);
  if (capable.length > 0) return capable;
  throw unsupported(route, missing(route.targets[0], needs));
}

function unsupported(route: Route, need: Need | undefined): SluiceError {
  return new SluiceError('unsupported_capability', {
    message: `The model '${route.id}' does not support ${need?.capability ?? 'this request'}.`,
    ...(need === undefined ? {} : { param: need.param }),
  });
}

function isDescribed({ description }: Target): boolean {
  return description !== undefined && description.capabilities.length > 0;
}

function missing(target: Target, needs: readonly Need[]): Need | undefined {
  const capabilities = target.description?.capabilities ?? [];
  if (capabilities.length === 0) return undefined;
  return needs.find((need) => !capabilities.includes(need.capability));
}

function needsOf(request: PredictRequest): Need[] {
  const needs: Need[] = [{ capability: 'chat', param: 'model' }];
  if (request.tools !== undefined && request.tools.length > 0 && request.toolChoice?.kind !== 'none') {
    needs.push({ capability: 'tools', param: 'tools' });
  }
  if ((request.sampling.choiceCount ?? 1) > 1) needs.push({ capability: 'choices', param: 'n' });
  if (request.sampling.logprobs === true) needs.push({ capability: 'logprobs', param: 'logprobs' });
  if (request.responseFormat?.kind === 'json-object') needs.push({ capability: 'json-mode', param: 'response_format' });
  if (request.responseFormat?.kind === 'json-schema')
    needs.push({ capability: 'json-schema', param: 'response_format' });
  for (const [index, message] of request.messages.entries()) {
    for (const part of message.content) {
      const capability = mediaCapability(part);
      if (capability !== undefined) needs.push({ capability, param: `messages[${index}].content` });
    }
  }
  return needs;
}

function mediaCapability(part: ContentPart): Capability | undefined {
  if (part.type === 'image') return 'images';
  if (part.type === 'audio') return 'audio';
  if (part.type === 'file') return 'files';
  return undefined;
}
