// What every role has before its components start: the configuration in force, time, ids, log and metrics.

import type { Config } from '../config/config.ts';
import type { Clock } from '../ports/clock.ts';
import type { Ids } from '../ports/ids.ts';
import type { Secrets } from '../ports/secrets.ts';
import type { TokenEstimator } from '../ports/token-estimator.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Readiness } from './lifecycle.ts';

/** The configuration in force. It is replaced as a whole, never changed. */
export interface ConfigHolder {
  current(): Config;
  /** Calls `listener` after each replacement, until the returned function is called. */
  onChange(listener: (next: Config, previous: Config) => void): () => void;
  replace(next: Config): void;
}

/** Metrics that can be shown. */
export interface ShownMetrics extends Metrics {
  readonly contentType: string;
  text(): Promise<string>;
}

/** Handed to every component. */
export interface Runtime {
  /** `all`, `edge`, …: a field of every log line and trace. */
  readonly role: string;
  readonly config: ConfigHolder;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly metrics: ShownMetrics;
  readonly secrets: Secrets;
  readonly estimator: TokenEstimator;
  /** The readiness of the role that is being run; `starting` until it has started. */
  readonly readiness: () => Readiness;
}

/** Creates the holder of a configuration. */
export function createConfigHolder(initial: Config): ConfigHolder {
  let config = initial;
  const listeners = new Set<(next: Config, previous: Config) => void>();
  return {
    current: () => config,
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    replace(next) {
      const previous = config;
      config = next;
      for (const listener of listeners) listener(next, previous);
    },
  };
}
