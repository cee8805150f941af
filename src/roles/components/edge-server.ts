// Component: the public HTTP listener.

import type { LimitsConfig } from '../../config/config.ts';
import { defaultEdgeLimits, type EdgeLimits } from '../../edge/defaults.ts';
import { createEdgeServer } from '../../edge/server.ts';
import type { Inference } from '../../ports/inference.ts';
import type { ResponseStore } from '../../ports/response-store.ts';
import { formatAddress } from '../addresses.ts';
import type { Component } from '../lifecycle.ts';
import { listenError } from '../listen-error.ts';
import type { Runtime } from '../runtime.ts';
import { version } from '../version.ts';
import type { ApiKeys } from './api-keys.ts';

/** The edge in front of an Inference, wherever that runs; its value is the bound address. */
export function edgeServerComponent(
  runtime: Runtime,
  inference: Component<Inference>,
  apiKeys: Component<ApiKeys>,
  responses: Component<ResponseStore | undefined>,
): Component<string> {
  return {
    name: 'http',
    needs: [inference, apiKeys, responses],
    async start(use) {
      const { listen, limits, responses: setting } = runtime.config.current();
      const kept = use(responses);
      const server = createEdgeServer({
        inference: use(inference),
        ...(kept === undefined ? {} : { responses: kept }),
        passUnknownResponses: setting.passUnknown,
        authenticator: use(apiKeys).authenticator,
        clock: runtime.clock,
        ids: runtime.ids,
        log: runtime.log,
        metrics: runtime.metrics,
        version: version(),
        metricsText: () => runtime.metrics.text(),
        readiness: runtime.readiness,
        limits: edgeLimits(limits),
      });
      const bound = await server.listen(listen.http).catch((failure: unknown) => {
        throw listenError('http', listen.http, failure);
      });
      return {
        value: formatAddress(bound),
        drain: (deadlineMs) => server.drain(deadlineMs),
        stop: () => server.close(),
      };
    },
  };
}

/** The limits that an operator sets, over those that follow from how HTTP works. */
function edgeLimits(limits: LimitsConfig): EdgeLimits {
  return {
    ...defaultEdgeLimits,
    maxBodyBytes: limits.maxBodyBytes,
    maxUploadBytes: limits.maxUploadBytes,
    maxHeaderBytes: limits.maxHeaderBytes,
    maxNesting: limits.maxNesting,
    headersTimeoutMs: limits.headersTimeoutMs,
    maxBufferedBodyBytes: limits.maxBufferedBodyBytes,
    bodyIdleTimeoutMs: limits.bodyIdleTimeoutMs,
    requestTimeoutMs: limits.requestTimeoutMs,
    slowConsumerTimeoutMs: limits.slowConsumerMs,
    maxConcurrentRequests: limits.maxConcurrentRequests,
    maxConnections: limits.maxConnections,
    maxConcurrentRequestsPerKey: limits.maxRequestsPerKey,
    maxConcurrentStreams: limits.maxConcurrentStreams,
    maxConcurrentStreamsPerKey: limits.maxStreamsPerKey,
  };
}
