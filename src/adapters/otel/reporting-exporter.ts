// Tells the log when traces stop reaching their receiver and when they reach it again: once each, not once per batch.

import { ExportResultCode } from '@opentelemetry/core';
import type { SpanExporter } from '@opentelemetry/sdk-trace';
import type { Log } from '../../telemetry/log.ts';

/** Exports as `exporter` does. */
export function createReportingExporter(exporter: SpanExporter, url: string, log: Log): SpanExporter {
  let failing = false;
  let lost = 0;
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        if (result.code === ExportResultCode.SUCCESS) {
          if (failing) log.info({ url, lost }, 'traces are exported again');
          failing = false;
          lost = 0;
        } else {
          if (!failing)
            log.warn({ url, error: result.error }, 'traces cannot be exported; they are dropped until they can');
          failing = true;
          lost += spans.length;
        }
        done(result);
      });
    },
    shutdown: () => exporter.shutdown(),
    forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
  };
}
