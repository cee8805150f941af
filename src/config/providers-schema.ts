// The part of sluice.yaml that names who runs models: one form for each type of provider.

import { z } from 'zod';
import type { ProviderConfig } from './config.ts';
import { anthropicBaseUrl, defaultConnections, openAiBaseUrl, vertexLocation } from './defaults.ts';
import { generateUrl, openInferenceModels, serverUrl } from './open-inference-schema.ts';
import { clientTls } from './tls-schema.ts';
import { headers, httpUrl, name, path, secretReference, text, whole, wholeWithoutDefault } from './values.ts';

const serverFields = {
  apiKey: secretReference.exactOptional(),
  headers,
  connections: whole({ min: 1, max: 65_535 }, defaultConnections, 'Most connections to the server at once.'),
  proxy: httpUrl('An HTTP proxy for all calls. Absent: direct.', 'http://proxy:3128').exactOptional(),
  models: z
    .array(text('the name of a model', 'Name of a model at the provider.'))
    .default([])
    .describe('Names to show in /v1/models. Any other name is passed on as well.'),
};

const openAiCompatible = z
  .strictObject({
    type: z.literal('openai-compatible'),
    baseUrl: httpUrl('Address up to /v1.', 'http://vllm:8000/v1'),
    ...serverFields,
    rerank: z
      .enum(['jina', 'tei'])
      .default('jina')
      .describe('How the server is asked for a ranking: jina (vLLM, Cohere, Jina, LocalAI) or tei.'),
    continuation: z
      .enum(['none', 'continue-final-message', 'prefix', 'last-message'])
      .default('none')
      .describe(
        'How the server is asked to go on with an answer that another target began: continue-final-message (vLLM, SGLang), prefix (Mistral, DeepSeek), last-message (llama.cpp, OpenRouter), or none: it cannot.',
      ),
  })
  .describe('Any server that speaks the OpenAI dialect: vLLM, TGI, Ollama, llama.cpp, hosted vendors.');

const openAi = z
  .strictObject({
    type: z.literal('openai'),
    baseUrl: httpUrl('Address up to /v1.', openAiBaseUrl).default(openAiBaseUrl),
    ...serverFields,
    api: z
      .enum(['auto', 'chat', 'responses'])
      .default('auto')
      .describe('Which API predictions go over: chat completions, responses, or the one that fits the request.'),
  })
  .describe('OpenAI, or another server of its Responses API.');

const anthropic = z
  .strictObject({
    type: z.literal('anthropic'),
    baseUrl: httpUrl('Address up to /v1.', anthropicBaseUrl).default(anthropicBaseUrl),
    ...serverFields,
  })
  .describe('Anthropic, or another server of its Messages API.');

const vertex = z
  .strictObject({
    type: z.literal('vertex'),
    project: text('the id of a Google Cloud project', 'The project. Absent: the Gemini API.').exactOptional(),
    location: z
      .string('a location of Google Cloud, such as europe-west4')
      .regex(/^[a-z0-9-]{1,40}$/, 'a location of Google Cloud, such as europe-west4')
      .default(vertexLocation)
      .describe('A region, us, eu or global.'),
    baseUrl: httpUrl('Address up to the version.', 'https://aiplatform.googleapis.com/v1beta1').exactOptional(),
    credentials: secretReference.exactOptional(),
    ...serverFields,
  })
  .refine(
    (written) => written.credentials === undefined || written.apiKey === undefined,
    'either credentials or apiKey, not both',
  )
  .refine(
    (written) => written.project !== undefined || written.apiKey !== undefined,
    'a project, or an apiKey for the Gemini API',
  )
  .describe(
    'Gemini and Claude on Vertex AI. credentials: the JSON of a service account or of workload identity federation; absent: application default credentials.',
  );

const localModel = z
  .strictObject({
    path: path('A folder of Hugging Face layout with ONNX weights.'),
    task: z
      .enum(['chat', 'embeddings', 'rank', 'classify', 'moderate', 'tensors'])
      .describe('What the model does. tensors: any ONNX graph, as it is.'),
    pooling: z
      .enum(['mean', 'cls', 'last'])
      .exactOptional()
      .describe('Embeddings: how token vectors become one vector. Default: what the folder says, else mean.'),
    categories: z
      .record(text('a label of the model', 'A label.'), text('a category, such as harassment', 'A category.'))
      .exactOptional()
      .describe(
        'Moderation, where it is required: the category of harm that each label means. Other labels do not count.',
      ),
    threshold: z
      .number('a number from 0 to 1')
      .min(0, 'a number from 0 to 1')
      .max(1, 'a number from 0 to 1')
      .exactOptional()
      .describe('Moderation: from which score on a category counts as found. Default: 0.5.'),
  })
  .superRefine(({ task, categories }, context) => {
    const isNamed = Object.keys(categories ?? {}).length > 0;
    if (task !== 'moderate' || isNamed) return;
    const message = 'a category of harm for at least one label: moderation needs them';
    context.addIssue({ code: 'custom', path: ['categories'], message, input: categories });
  });

const openInference = z
  .strictObject({
    type: z.literal('open-inference'),
    url: serverUrl,
    generateUrl,
    apiKey: serverFields.apiKey,
    headers,
    tls: clientTls.exactOptional(),
    proxy: serverFields.proxy,
    concurrency: whole({ min: 1, max: 65_535 }, defaultConnections, 'Most calls to the server at once.'),
    binaryData: z.boolean().default(false).describe('Over REST: tensors go as bytes; Triton and KServe can.'),
    models: openInferenceModels,
  })
  .refine(({ tls, url }) => tls === undefined || url.startsWith('grpcs:'), 'tls only beside a grpcs:// url')
  .describe('A server of the Open Inference Protocol: Triton, KServe, MLServer.');

const local = z
  .strictObject({
    type: z.literal('local'),
    models: z.record(name('a model'), localModel).default({}).describe('Models beside the built-in ones, by name.'),
    threads: wholeWithoutDefault(
      { min: 1, max: 256 },
      'Threads of the engine. Default: by the number of cores.',
    ).exactOptional(),
  })
  .describe('Models that run in this process; some ship with Sluice.');

/** The section `providers`. */
export const providers: z.ZodType<Readonly<Record<string, ProviderConfig>>, unknown> = z
  .record(
    name('a provider'),
    z.discriminatedUnion('type', [openAiCompatible, openAi, anthropic, vertex, openInference, local]),
  )
  .describe('Who runs models, by name. Default: local, the models that ship with Sluice.');
