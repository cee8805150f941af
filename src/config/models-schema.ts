// The part of sluice.yaml that gives models the names by which callers ask for them.

import { z } from 'zod';
import type { ModelConfig } from './config.ts';
import { defaultRetries, defaultTimeouts } from './defaults.ts';
import { routing, target } from './routing-schema.ts';
import { milliseconds, name, share, text, whole } from './values.ts';

const model = z
  .strictObject({
    targets: z
      .array(target, 'a list of PROVIDER/MODEL, such as [local/chat]')
      .min(1, 'at least one PROVIDER/MODEL')
      .max(16, 'at most 16 targets')
      .describe('Where requests go, in order of preference: the next is tried when one fails.'),
    routing,
    timeouts: z
      .strictObject({
        connectMs: milliseconds(defaultTimeouts.connectMs, 'Until a connection is open.'),
        firstTokenMs: milliseconds(defaultTimeouts.firstTokenMs, 'From the request to the first part of a stream.'),
        idleMs: milliseconds(defaultTimeouts.idleMs, 'Between two parts of a stream.'),
        totalMs: milliseconds(defaultTimeouts.totalMs, 'For the whole attempt.'),
      })
      .prefault({})
      .describe('Time limits of one attempt at one target, in milliseconds.'),
    retries: z
      .strictObject({
        maxRepeats: whole(
          { min: 0, max: 10 },
          defaultRetries.maxRepeats,
          'Most times that a call is sent again to the same target; 0: never.',
        ),
        share: share(defaultRetries.share, 'Repeats that a target gets at most, as a share of its calls.'),
        baseDelayMs: milliseconds(defaultRetries.baseDelayMs, 'Bound of the random wait before the first repeat.'),
        maxDelayMs: milliseconds(defaultRetries.maxDelayMs, 'The bound doubles with each repeat until here.'),
        maxWaitMs: milliseconds(
          defaultRetries.maxWaitMs,
          'Longest wait that a vendor may ask for; a longer one is told to the caller instead.',
        ),
      })
      .prefault({})
      .describe('When a call is sent again to a target that has failed it.'),
    rescue: z
      .enum(['off', 'restart', 'continue'])
      .default('off')
      .describe(
        'What happens to a stream whose target dies after it began: off (the caller is told), restart (elsewhere, while no text was shown), continue (another target goes on behind the text, where it can).',
      ),
    summary: text('a sentence', 'Shown in /v1/models in place of the words of the provider.').exactOptional(),
  })
  .describe('An alias that callers name as their model.');

/** The section `models`. */
export const models: z.ZodType<Readonly<Record<string, ModelConfig>>, unknown> = z
  .record(name('a model'), model)
  .describe(
    'Aliases that callers name as their model. Default: those of the shipped models. provider/model always works.',
  );
