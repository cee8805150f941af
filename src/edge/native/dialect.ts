// The routes that are Sluice's own and need no key: liveness, readiness, metrics. Errors are problem details.

import type { EdgeDialect, EdgeRoute } from '../dialect.ts';
import { renderProblem } from './problem.ts';

/** Whether the process can do its work, with a word for each thing that it needs. */
export interface Readiness {
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, string>>;
}

/** What the native routes report. */
export interface NativeServices {
  /** Asked on each /readyz; must be cheap. */
  readonly readiness: () => Readiness;
  /** The Prometheus text exposition; without it there is no /metrics. */
  readonly metricsText?: (() => Promise<string>) | undefined;
}

/** Makes the native dialect. */
export function createNativeDialect(services: NativeServices): EdgeDialect {
  const routes: EdgeRoute[] = [
    // Alive means that the event loop turns; nothing else, or a slow dependency would have us restarted.
    { method: 'GET', path: '/livez', access: 'open', handle: () => ({ kind: 'whole', body: '{"alive":true}' }) },
    {
      method: 'GET',
      path: '/readyz',
      access: 'open',
      handle: (call) => {
        const { ready, checks } = services.readiness();
        const isReady = ready && !call.runtime.draining;
        const body = JSON.stringify({ ready: isReady, draining: call.runtime.draining, checks });
        return { kind: 'whole', status: isReady ? 200 : 503, body };
      },
    },
  ];
  const { metricsText } = services;
  if (metricsText !== undefined) {
    routes.push({
      method: 'GET',
      path: '/metrics',
      access: 'open',
      handle: async () => ({
        kind: 'whole',
        contentType: 'text/plain; version=0.0.4; charset=utf-8',
        body: await metricsText(),
      }),
    });
  }
  return {
    name: 'native',
    pathPrefixes: ['/'],
    requestIdHeader: 'x-request-id',
    routes,
    renderError: renderProblem,
  };
}
