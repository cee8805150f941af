// Component: the providers of the configuration, kept in step with it. A reload keeps every provider whose section did not
// change, so its connections and loaded models live on.

import { isDeepStrictEqual } from 'node:util';
import type { Config, ProviderConfig } from '../../config/config.ts';
import type { ModelProvider } from '../../ports/model.ts';
import { createProvider } from '../create-provider.ts';
import type { Component } from '../lifecycle.ts';
import type { Runtime } from '../runtime.ts';

/** Providers by name, as they are now. */
export interface Providers {
  current(): ReadonlyMap<string, ModelProvider>;
  /** Calls `listener` after the map was replaced. */
  onChange(listener: () => void): void;
}

/** All providers; starts when each is ready to serve at full speed. */
export function providersComponent(runtime: Runtime): Component<Providers> {
  return {
    name: 'providers',
    needs: [],
    async start() {
      const set = new ProviderSet(runtime);
      await set.startAll();
      return { value: set, notReady: () => set.notReady(), stop: () => set.close() };
    },
  };
}

/** A provider and the section that it was made from. */
interface Entry {
  readonly provider: ModelProvider;
  readonly config: ProviderConfig;
}

class ProviderSet implements Providers {
  readonly #runtime: Runtime;
  readonly #listeners: Set<() => void> = new Set();
  readonly #closing: Set<Promise<void>> = new Set();
  readonly #lifetime: AbortController = new AbortController();
  readonly #warming: Set<string> = new Set();
  readonly #unsubscribe: () => void;
  #entries: ReadonlyMap<string, Entry> = new Map();
  #providers: ReadonlyMap<string, ModelProvider> = new Map();

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
    this.#unsubscribe = runtime.config.onChange((next) => this.#replace(next));
  }

  current(): ReadonlyMap<string, ModelProvider> {
    return this.#providers;
  }

  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  async startAll(): Promise<void> {
    this.#adopt(this.#runtime.config.current());
    try {
      await Promise.all([...this.#providers.values()].map((provider) => provider.ready(this.#lifetime.signal)));
    } catch (failure) {
      await this.close();
      throw failure;
    }
  }

  notReady(): string | undefined {
    return this.#warming.size === 0 ? undefined : `loading ${[...this.#warming].join(', ')}`;
  }

  async close(): Promise<void> {
    this.#unsubscribe();
    this.#lifetime.abort();
    await Promise.all([...this.#closing, ...[...this.#providers.values()].map((provider) => provider.close())]);
  }

  #adopt(config: Config): ModelProvider[] {
    const entries = new Map<string, Entry>();
    const fresh: ModelProvider[] = [];
    for (const [name, section] of Object.entries(config.providers)) {
      const old = this.#entries.get(name);
      if (old !== undefined && isDeepStrictEqual(old.config, section)) {
        entries.set(name, old);
        continue;
      }
      const provider = createProvider(name, section, { ...this.#runtime, dataDir: config.dataDir });
      fresh.push(provider);
      entries.set(name, { provider, config: section });
    }
    this.#entries = entries;
    this.#providers = new Map([...entries].map(([name, entry]) => [name, entry.provider]));
    return fresh;
  }

  #replace(next: Config): void {
    const before = [...this.#providers.values()];
    const fresh = this.#adopt(next);
    for (const provider of fresh) this.#warm(provider);
    for (const listener of this.#listeners) listener();
    const kept = new Set(this.#providers.values());
    for (const provider of before) if (!kept.has(provider)) this.#retire(provider, next.limits.drainMs);
  }

  #warm(provider: ModelProvider): void {
    this.#warming.add(provider.name);
    provider.ready(this.#lifetime.signal).then(
      () => this.#warming.delete(provider.name),
      (failure: unknown) => {
        this.#warming.delete(provider.name);
        this.#runtime.log.error(
          { provider: provider.name, error: String(failure) },
          'provider is not ready after reload',
        );
      },
    );
  }

  /** Closes a replaced provider once calls that began before the reload have had the time of a drain. */
  #retire(provider: ModelProvider, afterMs: number): void {
    const { promise, resolve } = Promise.withResolvers<void>();
    const finish = (): void => {
      timer.cancel();
      this.#lifetime.signal.removeEventListener('abort', finish);
      provider.close().then(resolve, (failure: unknown) => {
        this.#runtime.log.warn(
          { provider: provider.name, error: String(failure) },
          'replaced provider did not close well',
        );
        resolve();
      });
    };
    const timer = this.#runtime.clock.setTimer(afterMs, finish);
    this.#lifetime.signal.addEventListener('abort', finish, { once: true });
    this.#closing.add(promise);
    void promise.then(() => this.#closing.delete(promise));
  }
}
