// The routes that are Sluice's own: ranking and classification, and, without a key, liveness, readiness and metrics. Errors are
// problem details.

import type { EdgeCall } from '../call.ts';
import type { DialectServices, EdgeAnswer, EdgeDialect, EdgeRoute } from '../dialect.ts';
import { parseClassify, renderClassify } from './classify.ts';
import { renderProblem } from './problem.ts';
import { parseRerank, renderRerank } from './rerank.ts';

/** Whether the process can do its work, with a word for each thing that it needs. */
export interface Readiness {
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, string>>;
}

/** What the native routes report, and the models that they ask. */
export interface NativeServices extends Pick<DialectServices, 'inference'> {
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
  const { inference, metricsText } = services;
  routes.push(...createModelCalls(inference));
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
    pathPrefixes: ['/', '/v1/rerank', '/v1/classify'],
    requestIdHeader: 'x-request-id',
    routes,
    renderError: renderProblem,
  };
}

function createModelCalls(inference: DialectServices['inference']): EdgeRoute[] {
  const rerank = async (call: EdgeCall): Promise<EdgeAnswer> => {
    const parsed = parseRerank(call.body);
    call.model = parsed.request.model;
    const response = await inference.rank(parsed.request, call.context, call.signal);
    return { kind: 'whole', body: renderRerank(response, parsed, call.requestId), answered: response };
  };
  const classify = async (call: EdgeCall): Promise<EdgeAnswer> => {
    const request = parseClassify(call.body);
    call.model = request.model;
    const response = await inference.classify(request, call.context, call.signal);
    return { kind: 'whole', body: renderClassify(response, call.requestId), answered: response };
  };
  return [
    { method: 'POST', path: '/v1/rerank', access: 'key', handle: rerank },
    { method: 'POST', path: '/v1/classify', access: 'key', handle: classify },
  ];
}
