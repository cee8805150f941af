// The part of sluice.yaml that says when a target is left alone.

import { z } from 'zod';
import type { BreakerConfig } from './config.ts';
import { defaultBreaker } from './defaults.ts';
import { milliseconds, share, whole } from './values.ts';

/** Any of the settings. */
type Written = { readonly [Setting in keyof BreakerConfig]?: BreakerConfig[Setting] | undefined };

/** The section `breaker`; every default has its reason in defaults.ts. */
export const breaker: z.ZodType<BreakerConfig, Written | undefined> = z
  .strictObject({
    enabled: z.boolean().default(defaultBreaker.enabled).describe('Whether targets that fail are left alone.'),
    windowMs: milliseconds(defaultBreaker.windowMs, 'Calls older than this are forgotten.'),
    minimumCalls: whole({ min: 1, max: 10_000 }, defaultBreaker.minimumCalls, 'Fewer calls say nothing about a share.'),
    failureShare: share(defaultBreaker.failureShare, 'Share of failed calls at which a target is left alone.'),
    consecutiveFailures: whole(
      { min: 1, max: 10_000 },
      defaultBreaker.consecutiveFailures,
      'Failures in a row at which a target is left alone, however few calls there were.',
    ),
    restMs: milliseconds(defaultBreaker.restMs, 'How long it is left alone at first.'),
    maxRestMs: milliseconds(defaultBreaker.maxRestMs, 'The time doubles with each failed probe until here.'),
    probesToClose: whole({ min: 1, max: 100 }, defaultBreaker.probesToClose, 'Good probes in a row that end it.'),
  })
  .prefault({})
  .describe('When a target that fails is left alone, and for how long.');
