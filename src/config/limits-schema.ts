// The part of sluice.yaml that bounds what one process accepts.

import { z } from 'zod';
import type { LimitsConfig } from './config.ts';
import { defaultLimits } from './defaults.ts';
import { milliseconds, whole } from './values.ts';

const megabyte = 1024 * 1024;

/** Any of the limits. */
type Written = { readonly [Limit in keyof LimitsConfig]?: number | undefined };

/** The section `limits`; every default has its reason in defaults.ts. */
export const limits: z.ZodType<LimitsConfig, Written | undefined> = z
  .strictObject({
    maxBodyBytes: whole(
      { min: 1_024, max: 1_024 * megabyte },
      defaultLimits.maxBodyBytes,
      'Largest body of a request that is JSON.',
    ),
    maxUploadBytes: whole(
      { min: 1_024, max: 1_024 * megabyte },
      defaultLimits.maxUploadBytes,
      'Largest body that is not JSON: a form with a recording, tensors.',
    ),
    maxHeaderBytes: whole(
      { min: 1_024, max: megabyte },
      defaultLimits.maxHeaderBytes,
      'Request line and headers together.',
    ),
    maxNesting: whole(
      { min: 8, max: 1_000 },
      defaultLimits.maxNesting,
      'Deepest nesting of arrays and objects in a body.',
    ),
    maxConcurrentRequests: whole(
      { min: 1, max: 100_000 },
      defaultLimits.maxConcurrentRequests,
      'Calls under way at once.',
    ),
    maxRequestsPerKey: whole(
      { min: 1, max: 100_000 },
      defaultLimits.maxRequestsPerKey,
      'Calls of one API key at once.',
    ),
    maxConnections: whole({ min: 1, max: 100_000 }, defaultLimits.maxConnections, 'HTTP connections open at once.'),
    maxBufferedBodyBytes: whole(
      { min: 1_024, max: 65_536 * megabyte },
      defaultLimits.maxBufferedBodyBytes,
      'All bodies held in memory at once.',
    ),
    maxConcurrentStreams: whole({ min: 1, max: 100_000 }, defaultLimits.maxConcurrentStreams, 'Streams open at once.'),
    maxStreamsPerKey: whole(
      { min: 1, max: 100_000 },
      defaultLimits.maxStreamsPerKey,
      'Streams of one API key at once.',
    ),
    headersTimeoutMs: milliseconds(defaultLimits.headersTimeoutMs, 'Until the headers of a request are complete.'),
    bodyIdleTimeoutMs: milliseconds(defaultLimits.bodyIdleTimeoutMs, 'Between two pieces of a body.'),
    requestTimeoutMs: milliseconds(defaultLimits.requestTimeoutMs, 'Until the body of a request is complete.'),
    slowConsumerMs: milliseconds(defaultLimits.slowConsumerMs, 'How long a client may leave a full buffer unread.'),
    drainMs: milliseconds(defaultLimits.drainMs, 'From SIGTERM until calls under way are ended.'),
  })
  .prefault({})
  .describe('What one process accepts.');
