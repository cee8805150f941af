// How a role starts and stops: its components form a dependency graph, are started in dependency order and stopped in reverse.
// What the components are is written in the role files; nothing here knows any of them.

import type { Clock } from '../ports/clock.ts';
import type { Log } from '../telemetry/log.ts';

/** Reads the value of a component that was named in `needs`. */
export type Use = <T>(component: Component<T>) => T;

/** One part of a role, not yet started. Identity matters: two roles' tables hold different objects. */
export interface Component<T> {
  readonly name: string;
  /** Started before this one, stopped after it. */
  readonly needs: readonly Component<unknown>[];
  /**
   * Throws what is certain to keep the component from starting. Called for all components before the first of them starts, so
   * that a missing setting is told before a port is taken. Opens nothing.
   */
  check?(): void | Promise<void>;
  /** Rejects when the role cannot start; the message is shown to the operator. */
  start(use: Use): Promise<Running<T>>;
}

/** A component that has started. */
export interface Running<T> {
  readonly value: T;
  /** Why the component cannot serve at the moment; undefined when it can. Cheap and synchronous: probes call it. */
  readonly notReady?: () => string | undefined;
  /** Takes no new work and finishes what is under way, or ends it with a clear error once `deadlineMs` have passed. */
  readonly drain?: (deadlineMs: number) => Promise<void>;
  /** Frees everything. Called once, after the drain. */
  readonly stop: () => Promise<void>;
}

/** Whether a role can serve, and the state of each component that has one: `ok` or what is wrong. */
export interface Readiness {
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, string>>;
}

/** A role that has started. */
export interface RunningRole {
  readonly use: Use;
  readiness(): Readiness;
  /**
   * Drains components in reverse order of start, then stops them. `deadlineMs` is shared by all. Always stops everything;
   * rejects with the first failure afterwards. Calling it again returns the same promise.
   */
  shutDown(deadlineMs: number): Promise<void>;
}

interface Started {
  readonly component: Component<unknown>;
  readonly running: Running<unknown>;
}

/** What the lifecycle itself needs. */
export interface LifecycleOptions {
  readonly log: Log;
  readonly clock: Clock;
  /** Gives the start up when it aborts; after the start it means nothing. */
  readonly signal?: AbortSignal;
}

/**
 * Starts a role. When a component fails to start, or `signal` aborts, those already started are stopped and the failure (or the
 * reason of the signal) is thrown. A component that is still starting then is stopped as soon as it has started.
 */
export async function startRole(
  components: readonly Component<unknown>[],
  options: LifecycleOptions,
): Promise<RunningRole> {
  const { log } = options;
  const started: Started[] = [];
  const values = new Map<Component<unknown>, unknown>();
  const use = <T>(component: Component<T>): T => {
    if (!values.has(component)) throw new Error(`component ${component.name} is used without being named in needs`);
    return values.get(component) as T;
  };
  try {
    const ordered = inOrder(components);
    for (const component of ordered) await component.check?.();
    for (const component of ordered) {
      const running = await startUnlessAborted(component, use, options);
      values.set(component, running.value);
      started.push({ component, running });
      log.debug({ component: component.name }, 'component started');
    }
  } catch (failure) {
    await stopAll(started, log).catch(() => undefined);
    throw failure;
  }
  let isDraining = false;
  let shutdown: Promise<void> | undefined;
  return {
    use,
    readiness: () => readinessOf(started, isDraining),
    shutDown(deadlineMs) {
      isDraining = true;
      shutdown ??= drainAll(started, deadlineMs, options).then(() => stopAll(started, log));
      return shutdown;
    },
  };
}

/** Does not wait for a start that takes its time once the operator wants to stop. */
function startUnlessAborted<T>(component: Component<T>, use: Use, options: LifecycleOptions): Promise<Running<T>> {
  const { signal, log } = options;
  if (signal === undefined) return component.start(use);
  return new Promise((resolve, reject) => {
    const giveUp = (): void => reject(signal.reason);
    if (signal.aborted) {
      giveUp();
      return;
    }
    signal.addEventListener('abort', giveUp, { once: true });
    component
      .start(use)
      .then(
        (running) => (signal.aborted ? stopLate(component, running, log) : resolve(running)),
        (failure: unknown) => reject(failure),
      )
      .finally(() => signal.removeEventListener('abort', giveUp));
  });
}

/** Nobody waits for this component any more. */
function stopLate(component: Component<unknown>, running: Running<unknown>, log: Log): void {
  running.stop().catch((failure: unknown) => {
    log.error({ component: component.name, error: String(failure) }, 'stop failed');
  });
}

/** Dependency order, stable by the order in which components are named. Throws on a cycle. */
export function inOrder(components: readonly Component<unknown>[]): Component<unknown>[] {
  const order: Component<unknown>[] = [];
  const visiting = new Set<Component<unknown>>();
  const visit = (component: Component<unknown>): void => {
    if (order.includes(component)) return;
    if (visiting.has(component)) throw new Error(`component ${component.name} depends on itself`);
    visiting.add(component);
    for (const need of component.needs) visit(need);
    visiting.delete(component);
    order.push(component);
  };
  for (const component of components) visit(component);
  return order;
}

function readinessOf(started: readonly Started[], isDraining: boolean): Readiness {
  const checks: Record<string, string> = {};
  let ready = !isDraining;
  if (isDraining) checks['role'] = 'draining';
  for (const { component, running } of started) {
    if (running.notReady === undefined) continue;
    const problem = running.notReady();
    checks[component.name] = problem ?? 'ok';
    if (problem !== undefined) ready = false;
  }
  return { ready, checks };
}

/** Front doors first: what was started last takes work from outside, so it is drained first. */
async function drainAll(started: readonly Started[], deadlineMs: number, options: LifecycleOptions): Promise<void> {
  const { clock, log } = options;
  const endsAtMs = clock.monotonicMs() + deadlineMs;
  for (const { component, running } of started.toReversed()) {
    if (running.drain === undefined) continue;
    try {
      await running.drain(Math.max(0, endsAtMs - clock.monotonicMs()));
    } catch (failure) {
      log.error({ component: component.name, error: String(failure) }, 'drain failed');
    }
  }
}

async function stopAll(started: readonly Started[], log: Log): Promise<void> {
  const failures: unknown[] = [];
  for (const { component, running } of started.toReversed()) {
    try {
      await running.stop();
    } catch (failure) {
      failures.push(failure);
      log.error({ component: component.name, error: String(failure) }, 'stop failed');
    }
  }
  if (failures.length > 0) throw failures[0];
}
