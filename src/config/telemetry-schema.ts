// The part of sluice.yaml about traces and logs.

import { z } from 'zod';
import type { TelemetryConfig } from './config.ts';
import { defaultSampleRatio } from './defaults.ts';
import { headers, httpUrl } from './values.ts';

/** The section `telemetry`. */
export const telemetry: z.ZodType<TelemetryConfig, unknown> = z
  .strictObject({
    otlp: z
      .strictObject({
        endpoint: httpUrl('Base address of an OTLP/HTTP receiver.', 'http://collector:4318'),
        headers,
      })
      .exactOptional()
      .describe('Where traces are exported. Absent: nowhere, but they are propagated.'),
    sampleRatio: z
      .number('a number from 0 to 1')
      .min(0, 'a number from 0 to 1')
      .max(1, 'a number from 0 to 1')
      .default(defaultSampleRatio)
      .describe('Share of the traces begun here that are recorded. A decision of the caller is followed.'),
    logLevel: z
      .enum(['debug', 'info', 'warn', 'error'])
      .default('info')
      .describe('The least important lines that are written.'),
    logFormat: z
      .enum(['auto', 'json', 'pretty'])
      .default('auto')
      .describe('auto: pretty on a terminal, json elsewhere.'),
  })
  .prefault({})
  .describe('Traces and logs. Metrics are always on the admin listener.');
