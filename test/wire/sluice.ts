// A whole Sluice in this process: HTTP edge, inference service and the real providers, whose vendors are a replay server.

import { createTokenEstimator } from '../../src/adapters/gpt-tokenizer/token-estimator.ts';
import { createSystemClock } from '../../src/adapters/system/clock.ts';
import { createSystemIds } from '../../src/adapters/system/ids.ts';
import type { ProviderConfig } from '../../src/config/config.ts';
import { SluiceError } from '../../src/core/error.ts';
import { defaultEdgeLimits } from '../../src/edge/defaults.ts';
import { createEdgeServer } from '../../src/edge/server.ts';
import { createRoutingTable } from '../../src/inference/routing-table.ts';
import { createInferenceService } from '../../src/inference/service.ts';
import { createProvider } from '../../src/roles/create-provider.ts';
import { defaultTimeouts } from '../../src/roles/defaults.ts';
import { attemptRuntime } from '../fixtures/failure-policies.ts';
import { createRecordingLog, createRecordingMetrics, type RecordedLine } from '../fixtures/silent-telemetry.ts';
import type { Recording } from './recordings.ts';

/** A server under test, as a client sees it. */
export interface Subject {
  /** Without a path: `http://127.0.0.1:port`. */
  readonly url: string;
  readonly apiKey: string;
  /** The name under which the recording's model is asked for. */
  modelOf(recording: Recording): string;
  close(): Promise<void>;
}

/** A Sluice and its log. */
export interface SluiceSubject extends Subject {
  readonly lines: RecordedLine[];
}

const apiKey = 'sk-sluice-wire';

/** Starts one whose providers find their vendors at `upstreamUrl`. */
export async function startSluice(upstreamUrl: string): Promise<SluiceSubject> {
  const clock = createSystemClock();
  const log = createRecordingLog();
  const metrics = createRecordingMetrics();
  const services = {
    dataDir: '/nowhere',
    secrets: { get: async () => 'vendor-key-0123456789' },
    clock,
    ids: createSystemIds(clock),
    estimator: createTokenEstimator(),
    log,
  };
  const sections = sectionsOf(upstreamUrl);
  const providers = new Map(
    Object.entries(sections).map(([name, section]) => [name, createProvider(name, section, services)]),
  );
  const table = createRoutingTable({ aliases: {}, providers, defaultTimeouts });
  const inference = createInferenceService({
    routingTable: () => table,
    ...attemptRuntime(clock),
    metrics,
    estimator: services.estimator,
  });
  const server = createEdgeServer({
    inference,
    // The recordings go on from what their vendor holds.
    passUnknownResponses: true,
    authenticator: {
      authenticate(key) {
        if (key !== apiKey) throw new SluiceError('invalid_api_key');
        return { tenantId: 'tenant-1', keyId: 'key_1' };
      },
    },
    clock,
    ids: services.ids,
    log,
    metrics,
    readiness: () => ({ ready: true, checks: {} }),
    limits: defaultEdgeLimits,
  });
  const { host, port } = await server.listen({ host: '127.0.0.1', port: 0 });
  return {
    url: `http://${host}:${port}`,
    apiKey,
    modelOf: (recording) => `${providerOf(recording)}/${recording.model}`,
    lines: log.lines,
    async close() {
      await server.close();
      await Promise.all([...providers.values()].map((provider) => provider.close()));
    },
  };
}

/** The configuration that an operator would write for these vendors. */
function sectionsOf(baseUrl: string): Record<string, ProviderConfig> {
  const server = { baseUrl, apiKey: { secret: 'key' }, headers: {}, connections: 16, models: [] };
  return {
    openai: { ...server, type: 'openai', api: 'auto' },
    responses: { ...server, type: 'openai', api: 'responses' },
    compatible: { ...server, type: 'openai-compatible', rerank: 'jina', continuation: 'none' },
    anthropic: { ...server, type: 'anthropic' },
    gemini: { ...server, type: 'vertex', location: 'global' },
    vertex: { ...server, type: 'vertex', location: 'global', project: 'project-1' },
  };
}

function providerOf({ wire, host }: Recording): string {
  if (wire === 'messages') return 'anthropic';
  if (wire === 'responses') return 'responses';
  if (wire === 'google-embeddings' || wire === 'generate') return /aiplatform|vertex/.test(host) ? 'vertex' : 'gemini';
  return /(?:^|\.)openai(?:\.azure)?(?:\.com)?$/.test(host) ? 'openai' : 'compatible';
}
