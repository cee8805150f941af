// Component: OpenTelemetry tracing, exporting only when a receiver is configured.

import { startTracing } from '../../adapters/otel/tracing.ts';
import type { Component } from '../lifecycle.ts';
import { resolveHeaders } from '../resolve-headers.ts';
import type { Runtime } from '../runtime.ts';

/** Tracing for the whole process. */
export function tracingComponent(runtime: Runtime): Component<void> {
  return {
    name: 'tracing',
    needs: [],
    async start() {
      const { telemetry } = runtime.config.current();
      const tracing = startTracing({
        ...(telemetry.otlp === undefined
          ? {}
          : {
              otlpEndpoint: telemetry.otlp.endpoint,
              headers: await resolveHeaders(telemetry.otlp.headers, runtime.secrets),
            }),
        sampleRatio: telemetry.sampleRatio,
        serviceName: 'sluice',
        role: runtime.role,
        log: runtime.log,
      });
      return { value: undefined, stop: () => tracing.close() };
    },
  };
}
