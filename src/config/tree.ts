// The configuration before it is validated: plain values as YAML gives them.

import type { ConfigPath } from './path.ts';

/** A section: a mapping of YAML. */
export type Section = Record<string, unknown>;

/** True for a mapping: not a list, not null. */
export function isSection(value: unknown): value is Section {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value at a path; undefined when there is none. */
export function valueAt(tree: unknown, path: ConfigPath): unknown {
  let value = tree;
  for (const step of path) {
    if (Array.isArray(value) && typeof step === 'number') value = value[step];
    else if (isSection(value) && typeof step === 'string' && Object.hasOwn(value, step)) value = value[step];
    else return undefined;
  }
  return value;
}

/** Sets a value, making sections on the way. False when a value on the way is no section, or a position leaves a gap. */
export function setAt(tree: Section, path: ConfigPath, value: unknown): boolean {
  let at: unknown = tree;
  for (const [depth, step] of path.entries()) {
    const isLast = depth === path.length - 1;
    if (!isContainerOf(at, step)) return false;
    const container = at as Record<string | number, unknown>;
    if (isLast) {
      if (value === null && typeof step === 'string') delete container[step];
      else container[step] = value;
    } else if (container[step] === undefined || container[step] === null) {
      container[step] = typeof path[depth + 1] === 'number' ? [] : {};
    }
    at = container[step];
  }
  return true;
}

/** Removes a key; nothing happens when it is not there. */
export function removeAt(tree: Section, path: ConfigPath): void {
  const parent = valueAt(tree, path.slice(0, -1));
  const key = path.at(-1);
  if (isSection(parent) && typeof key === 'string') delete parent[key];
}

/** Keys without a value (`telemetry:`) are as if they were not there. Lists keep their nulls, to be reported. */
export function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isSection(value)) return value;
  const kept = Object.entries(value).filter(([, inner]) => inner !== null && inner !== undefined);
  return Object.fromEntries(kept.map(([key, inner]) => [key, withoutNulls(inner)]));
}

function isContainerOf(value: unknown, step: string | number): boolean {
  if (typeof step === 'string') return isSection(value);
  return Array.isArray(value) && step <= value.length;
}
