// The part of sluice.yaml that gives models the names by which callers ask for them.

import { z } from 'zod';
import type { ModelConfig } from './config.ts';
import { defaultTimeouts } from './defaults.ts';
import { milliseconds, name, text } from './values.ts';

const target = z
  .string('PROVIDER/MODEL')
  .regex(/^[^/\s]+\/\S+$/, 'PROVIDER/MODEL, such as local/chat')
  .max(512, 'PROVIDER/MODEL of at most 512 characters')
  .describe('PROVIDER/MODEL.');

const model = z
  .strictObject({
    targets: z
      .array(target, 'a list of PROVIDER/MODEL, such as [local/chat]')
      .min(1, 'at least one PROVIDER/MODEL')
      .max(16, 'at most 16 targets')
      .describe('Where requests go, in order of preference: the next is tried when one fails.'),
    timeouts: z
      .strictObject({
        connectMs: milliseconds(defaultTimeouts.connectMs, 'Until a connection is open.'),
        firstTokenMs: milliseconds(defaultTimeouts.firstTokenMs, 'From the request to the first part of a stream.'),
        idleMs: milliseconds(defaultTimeouts.idleMs, 'Between two parts of a stream.'),
        totalMs: milliseconds(defaultTimeouts.totalMs, 'For the whole attempt.'),
      })
      .prefault({})
      .describe('Time limits of one attempt at one target, in milliseconds.'),
    summary: text('a sentence', 'Shown in /v1/models in place of the words of the provider.').exactOptional(),
  })
  .describe('An alias that callers name as their model.');

/** The section `models`. */
export const models: z.ZodType<Readonly<Record<string, ModelConfig>>, unknown> = z
  .record(name('a model'), model)
  .describe(
    'Aliases that callers name as their model. Default: those of the shipped models. provider/model always works.',
  );
