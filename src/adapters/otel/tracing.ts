// The OpenTelemetry SDK behind telemetry/tracing.ts: makes trace ids, decides what is recorded, exports it over OTLP/HTTP.

import { DiagLogLevel, diag, propagation } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  type SpanProcessor,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { Log } from '../../telemetry/log.ts';
import { defaultExportTimeoutMs, exportEveryMs, maxQueuedSpans, maxSpansPerExport } from './defaults.ts';
import { installProvider } from './installed-provider.ts';
import { createReportingExporter } from './reporting-exporter.ts';
import { RootIds, withoutUnrecordedRoots } from './unrecorded-roots.ts';

/** See startTracing. */
export interface TracingOptions {
  /** Base address of the receiver; `/v1/traces` is added unless it is there. Absent: nothing is exported. */
  readonly otlpEndpoint?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Share of the traces that begin here, 0 to 1. A trace that began elsewhere is recorded as its caller decided. */
  readonly sampleRatio: number;
  readonly serviceName: string;
  readonly serviceVersion?: string;
  /** Which role of Sluice this process plays. */
  readonly role: string;
  readonly log: Log;
  /** How long one export may take, retries included; also the most that close() waits. Default 5 s. */
  readonly exportTimeoutMs?: number;
}

/** Running tracing. */
export interface Tracing {
  /** Exports what is queued, within exportTimeoutMs, and stops. Never rejects. */
  close(): Promise<void>;
}

/**
 * Takes over all spans of the process. Trace ids and the W3C headers exist with and without an exporter, so that logs and
 * callees can always be joined. A receiver that is slow or gone costs dropped spans, never a request.
 */
export function startTracing(options: TracingOptions): Tracing {
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  const root = new TraceIdRatioBasedSampler(options.sampleRatio);
  const ids = new RootIds();
  const provider = new TracerProvider({
    idGenerator: ids,
    resource: resourceFromAttributes({
      'service.name': options.serviceName,
      ...(options.serviceVersion === undefined ? {} : { 'service.version': options.serviceVersion }),
      'sluice.role': options.role,
    }),
    sampler: new ParentBasedSampler({ root }),
    spanProcessors: createProcessors(options),
  });
  const uninstall = installProvider(withoutUnrecordedRoots(provider, root, ids));
  return {
    async close() {
      uninstall();
      try {
        await provider.shutdown();
      } catch (error) {
        options.log.warn({ error }, 'the last traces could not be exported');
      }
    },
  };
}

function createProcessors(options: TracingOptions): SpanProcessor[] {
  const { otlpEndpoint, headers = {}, log, exportTimeoutMs = defaultExportTimeoutMs } = options;
  if (otlpEndpoint === undefined) return [];
  diag.setLogger(
    {
      error: ignore,
      warn: (message) => log.warn({}, `tracing: ${message}`),
      info: ignore,
      debug: ignore,
      verbose: ignore,
    },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
  const url = tracesUrl(otlpEndpoint);
  const exporter = new OTLPTraceExporter({ url, headers: { ...headers }, timeoutMillis: exportTimeoutMs });
  return [
    new BatchSpanProcessor({
      exporter: createReportingExporter(exporter, url, log),
      maxQueueSize: maxQueuedSpans,
      maxExportBatchSize: maxSpansPerExport,
      scheduledDelayMillis: exportEveryMs,
      exportTimeoutMillis: exportTimeoutMs,
    }),
  ];
}

/** Failed exports reach the log through the reporting exporter, once; the SDK would repeat each with its stack. */
function ignore(): void {}

function tracesUrl(endpoint: string): string {
  const base = endpoint.replace(/\/+$/, '');
  return base.endsWith('/v1/traces') ? base : `${base}/v1/traces`;
}
