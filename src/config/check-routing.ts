// Checks of how an alias chooses that need more than one value: a setting that does nothing, or that another one needs.

import type { ConfigPath } from './path.ts';
import { isSection, type Section, valueAt } from './tree.ts';

/** A value and what was expected instead. */
export interface RoutingFault {
  readonly path: ConfigPath;
  readonly expected: string;
}

/** Every such fault of one alias. Values of another form than expected are the schema's to report. */
export function routingFaults(tree: Section, alias: string): RoutingFault[] {
  const targetsPath: ConfigPath = ['models', alias, 'targets'];
  const written = valueAt(tree, targetsPath);
  if (!Array.isArray(written)) return [];
  const by = valueAt(tree, ['models', alias, 'routing', 'by']) ?? 'order';
  const isSticky = valueAt(tree, ['models', alias, 'routing', 'sticky']) === 'conversation';
  const targets = written.map((value, index) => ({
    path: [...targetsPath, index],
    value: isSection(value) ? value : {},
  }));
  return [
    ...targets.flatMap(({ path, value }) => [...uselessSettings(path, value, by, isSticky)]),
    ...(by === 'cost' ? unpriced(targets) : []),
    ...canaryFaults(targetsPath, targets),
  ];
}

interface WrittenTarget {
  readonly path: ConfigPath;
  readonly value: Section;
}

function* uselessSettings(path: ConfigPath, value: Section, by: unknown, isSticky: boolean): Iterable<RoutingFault> {
  if (value['canary'] !== undefined) {
    for (const key of ['weight', 'priority']) {
      if (value[key] === undefined) continue;
      yield { path: [...path, key], expected: 'nothing beside canary, which says when the target is asked' };
    }
    return;
  }
  if (value['weight'] !== undefined && by !== 'weight' && !isSticky) {
    const expected = 'nothing, unless routing.by is weight or routing.sticky is conversation';
    yield { path: [...path, 'weight'], expected };
  }
  if (value['usdPerMillionTokens'] !== undefined && by !== 'cost') {
    yield { path: [...path, 'usdPerMillionTokens'], expected: 'nothing, unless routing.by is cost' };
  }
}

function unpriced(targets: readonly WrittenTarget[]): RoutingFault[] {
  return targets
    .filter(({ value }) => value['canary'] === undefined && value['usdPerMillionTokens'] === undefined)
    .map(({ path }) => ({ path, expected: 'a section with usdPerMillionTokens, since routing.by is cost' }));
}

function* canaryFaults(targetsPath: ConfigPath, targets: readonly WrittenTarget[]): Iterable<RoutingFault> {
  const canaries = targets.flatMap(({ path, value: { canary } }) => (isSection(canary) ? [{ path, canary }] : []));
  if (canaries.length > 0 && canaries.length === targets.length) {
    yield { path: targetsPath, expected: 'at least one target that is no canary' };
  }
  let shares = 0;
  for (const { path, canary } of canaries) {
    const { share = 0, name } = canary;
    if (share === 0 && name === undefined) {
      yield { path: [...path, 'canary'], expected: 'a share above 0, a name, or both' };
    }
    if (typeof share !== 'number') continue;
    shares += share;
    // Ten shares of 0.1 are a little less or more than 1.
    if (shares <= 1 + 1e-9 || share > 1) continue;
    yield { path: [...path, 'canary', 'share'], expected: 'shares of all canaries that are 1 together at most' };
  }
}
