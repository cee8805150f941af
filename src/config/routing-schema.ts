// The part of sluice.yaml that says how an alias chooses among its targets. What needs more than one value is in
// check-routing.ts.

import { z } from 'zod';
import { canaryName } from '../core/routing-hints.ts';
import type { RoutingConfig, TargetConfig } from './config.ts';
import { wholeWithoutDefault } from './values.ts';

const targetName = z
  .string('PROVIDER/MODEL')
  .regex(/^[^/\s]+\/\S+$/, 'PROVIDER/MODEL, such as local/chat')
  .max(512, 'PROVIDER/MODEL of at most 512 characters')
  .describe('PROVIDER/MODEL.');

const price = z
  .number('a number from 0 to 100000 (US dollars)')
  .min(0, 'a number from 0 to 100000 (US dollars)')
  .max(100_000, 'a number from 0 to 100000 (US dollars)');

const canaryShare = 'a number from 0 to 1';

const targetSection = z
  .strictObject(
    {
      target: targetName,
      weight: z
        .number('a number from 0 to 1000000')
        .min(0, 'a number from 0 to 1000000')
        .max(1_000_000, 'a number from 0 to 1000000')
        .describe(
          'Its part of the calls beside the weights of the others. Default: 1. With 0 it is asked behind the others.',
        )
        .exactOptional(),
      priority: wholeWithoutDefault({ min: 0, max: 1_000 }, 'Lower ones are asked first. Default: 0.').exactOptional(),
      canary: z
        .strictObject({
          share: z
            .number(canaryShare)
            .min(0, canaryShare)
            .max(1, canaryShare)
            .default(0)
            .describe('Share of the calls that ask it first.'),
          name: z
            .string('a name')
            .regex(canaryName, 'a name of at most 64 letters, digits, ".", "_" and "-"')
            .describe('Callers who send it as x-sluice-canary ask it first.')
            .exactOptional(),
        })
        .describe('Makes it a target on trial: asked first by some callers, and last by the others.')
        .exactOptional(),
      usdPerMillionTokens: z
        .strictObject({ input: price.describe('Of the request.'), output: price.describe('Of the answer.') })
        .describe('What it costs, in US dollars for a million tokens.')
        .exactOptional(),
    },
    'PROVIDER/MODEL, or a section with target: PROVIDER/MODEL',
  )
  .describe('A target, and how it takes part in the choice.');

/** One of an alias's targets. */
export const target: z.ZodType<string | TargetConfig, unknown> = z.union(
  [targetName, targetSection],
  'PROVIDER/MODEL, or a section with target: PROVIDER/MODEL',
);

/** How they are chosen. */
export const routing: z.ZodType<RoutingConfig, unknown> = z
  .strictObject({
    by: z
      .enum(['order', 'weight', 'latency', 'cost'])
      .default('order')
      .describe(
        'How targets of one priority are put in order: as written, at random by weight, the quicker of two drawn ones first, or the cheapest for the request first.',
      ),
    sticky: z
      .enum(['none', 'conversation'])
      .default('none')
      .describe('Whether the calls of one conversation go to one target while it is healthy, before anything else.'),
  })
  .prefault({})
  .describe('How the target of a call is chosen.');
