// The part of sluice.yaml that is about servers of the Open Inference Protocol: where they are, and what their models are for.

import { z } from 'zod';
import type { OpenInferenceModelConfig, PromptTemplateConfig } from './config.ts';
import { httpUrl, name, parseAddress, text, wholeWithoutDefault } from './values.ts';

const urlForm = 'grpc://HOST:PORT, grpcs://HOST:PORT for TLS, or an http(s):// address';

/** The address of a server, over gRPC or REST. */
export const serverUrl: z.ZodType<string, string> = z
  .string(urlForm)
  .meta({ pattern: '^(grpcs?|https?)://', examples: ['grpc://triton:8001'] })
  .transform((written, context) => {
    const address = /^grpcs?:\/\/([^/]+)\/?$/.exec(written)?.[1];
    const port = address === undefined ? 0 : (parseAddress(address)?.port ?? 0);
    if (port > 0) return written.replace(/\/$/, '');
    const http = /^https?:/.test(written) ? httpUrl('', '').safeParse(written) : undefined;
    if (http?.success === true) return http.data;
    context.addIssue({ code: 'custom', message: urlForm, input: written });
    return z.NEVER;
  })
  .describe('Address of the server: its gRPC port, or what /v2 hangs on.');

const tensor = (fallback: string, description: string): z.ZodDefault<z.ZodType<string, string>> =>
  text('the name of a tensor', description).default(fallback);

const textFields = {
  textDimensions: z
    .union([z.literal(1), z.literal(2)], '1 or 2')
    .default(2)
    .describe('2: texts go as [n, 1], as Triton batches strings. 1: as [n].'),
  maxBatch: wholeWithoutDefault(
    { min: 1, max: 100_000 },
    'Most rows in one call; more go in several. Absent: any number.',
  ).exactOptional(),
};

const embed = z.strictObject({
  task: z.literal('embed').describe('One vector for each text.'),
  input: tensor('text', 'The BYTES input that takes the texts.'),
  output: tensor('embedding', 'The output with a vector for each text.'),
  ...textFields,
});

const classify = z.strictObject({
  task: z.literal('classify').describe('A score for each label of a text.'),
  input: tensor('text', 'The BYTES input that takes the texts.'),
  output: tensor('probabilities', 'The output with a score for each label.'),
  labels: z
    .array(text('a label', 'A label.'))
    .min(1, 'at least one label')
    .max(10_000, 'at most 10000 labels')
    .exactOptional()
    .describe('In the order of the columns of the output. Default: LABEL_0, LABEL_1 …'),
  activation: z
    .enum(['none', 'sigmoid', 'softmax'])
    .default('none')
    .describe('What makes probabilities of the output, where it holds none.'),
  ...textFields,
});

const rank = z
  .strictObject({
    task: z.literal('rank').describe('A score for each document of a query.'),
    query: tensor('query', 'The BYTES input that takes the query, once for each document.'),
    document: tensor('document', 'The BYTES input that takes the documents.'),
    pair: text(
      'the name of a tensor',
      'One BYTES input that takes both as [n, 2], in place of query and document.',
    ).exactOptional(),
    output: tensor('score', 'The output with a score for each document.'),
    activation: z.enum(['none', 'sigmoid']).default('none').describe('What makes scores of the output.'),
    ...textFields,
  })
  .transform(({ query, document, pair, ...rest }) => ({
    ...rest,
    inputs: pair === undefined ? { query, document } : { pair },
  }));

const turn = (description: string): z.ZodType<string, string> =>
  z.string().max(4_096).includes('{text}', { message: 'a text with {text} in it' }).describe(description);

const template: z.ZodType<PromptTemplateConfig, PromptTemplateConfig> = z.union(
  [
    z.enum(['plain', 'chatml', 'llama3']),
    z.strictObject({
      system: turn('What the system says.'),
      user: turn('What the user says.'),
      assistant: turn('What the model said.'),
      opening: z.string().max(4_096).describe('Begins the turn that the model is to write.'),
    }),
  ],
  'plain, chatml, llama3, or a section with system, user, assistant and opening',
);

const parameterValue = z.union([z.string(), z.number(), z.boolean()], 'text, a number, true or false');

const generate = z.strictObject({
  task: z.literal('generate').describe('Text, by the generate extension.'),
  template: template
    .default('plain')
    .describe('How a conversation becomes a prompt: what the model was trained to see around each turn.'),
  backend: z
    .enum(['vllm', 'tensorrt-llm'])
    .default('vllm')
    .describe('The backend of Triton that runs the model: it decides the names of sampling parameters.'),
  parameters: z
    .record(z.string(), parameterValue)
    .default({})
    .describe('Sent with every call, unless the request says otherwise, such as max_tokens.'),
});

const infer = z.strictObject({ task: z.literal('infer').describe('Tensors as they are: listed, and nothing else.') });

const model: z.ZodType<OpenInferenceModelConfig, unknown> = z
  .discriminatedUnion('task', [embed, classify, rank, generate, infer])
  .describe('What the model is for.');

type Models = Record<string, OpenInferenceModelConfig>;

/** Models by their names at the server. */
export const openInferenceModels: z.ZodDefault<z.ZodType<Models, Record<string, unknown>>> = z
  .record(name('a model'), model)
  .describe('What models are for, by their names at the server. Any other name is passed on as well.')
  .default({});

/** Where text is generated. */
export const generateUrl: z.ZodExactOptional<z.ZodType<string, string>> = httpUrl(
  'Address of the HTTP port with the generate extension of Triton. Default: url, where that is one.',
  'http://triton:8000',
).exactOptional();
