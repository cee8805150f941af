// The one definition of sluice.yaml: what may be written, what it becomes, and the JSON Schema for editors.

import { z } from 'zod';
import { breaker } from './breaker-schema.ts';
import type { Config, StoreConfig } from './config.ts';
import { defaultListen, defaultRetentionDays } from './defaults.ts';
import { expectedOf } from './expected.ts';
import { limits } from './limits-schema.ts';
import { models } from './models-schema.ts';
import { providers } from './providers-schema.ts';
import { inference, type ParsedInference, type ParsedRpc, rpc } from './rpc-schema.ts';
import { telemetry } from './telemetry-schema.ts';
import { address, path, whole } from './values.ts';

/** The configuration as the schema leaves it: paths as they were written, defaults that depend on others not yet filled in. */
export interface ParsedConfig extends Omit<Config, 'dataDir' | 'store' | 'secrets' | 'inference' | 'rpc'> {
  readonly dataDir?: string;
  readonly store?: StoreConfig;
  readonly secrets: { readonly dir?: string };
  readonly inference?: ParsedInference;
  readonly rpc: ParsedRpc;
}

/** Validates a tree. The message of an issue is what was expected. */
export function parseTree(tree: unknown): z.ZodSafeParseResult<ParsedConfig> {
  return configSchema.safeParse(tree, { error: expectedOf });
}

/** JSON Schema (2020-12) of sluice.yaml: `sluice config schema`, docs/sluice.schema.json. */
export function configJsonSchema(): Record<string, unknown> {
  return { title: 'sluice.yaml', ...z.toJSONSchema(configSchema, { io: 'input' }) };
}

const listen = z
  .strictObject({
    http: address(defaultListen.http, 'The public API.'),
    admin: address(defaultListen.admin, 'Health, metrics and the admin API.'),
    grpc: address(defaultListen.grpc, 'The gRPC services.'),
  })
  .prefault({})
  .describe('Where this process listens, as HOST:PORT; port 0 is any free one.');

const store = z
  .string('sqlite:PATH')
  .regex(/^sqlite:./, 'sqlite:PATH, such as sqlite:./data/sluice.db')
  .transform((written): StoreConfig => ({ kind: 'sqlite', path: written.slice('sqlite:'.length) }))
  .exactOptional()
  .meta({ description: 'The durable store. Default: sluice.db in dataDir.', examples: ['sqlite:./data/sluice.db'] });

const configSchema = z.strictObject({
  dataDir: path(
    'Where everything is kept that must survive. Default: ./data in the working directory.',
  ).exactOptional(),
  listen,
  providers,
  models,
  breaker,
  limits,
  inference: inference
    .exactOptional()
    .describe('Where the edge finds the inference service. Absent: in the same process.'),
  rpc,
  store,
  responses: z
    .strictObject({
      store: z
        .boolean()
        .default(true)
        .describe('Whether answers of the Responses API are kept when the caller allows it.'),
      retentionDays: whole({ min: 1, max: 3650 }, defaultRetentionDays, 'Days that an answer is kept.'),
      passUnknown: z
        .boolean()
        .default(true)
        .describe(
          'Whether ids of answers and conversations that Sluice does not keep are passed on to the provider, where every key that may use the target can reach them.',
        ),
    })
    .prefault({})
    .describe('Answers of the Responses API, kept so that they can be fetched and continued.'),
  bus: z
    .literal('embedded')
    .default('embedded')
    .transform(() => ({ kind: 'embedded' as const }))
    .describe('The event bus.'),
  secrets: z
    .strictObject({ dir: path('A folder with one file for each secret. Default: secrets in dataDir.').exactOptional() })
    .prefault({})
    .describe('Where secrets are found.'),
  telemetry,
});
