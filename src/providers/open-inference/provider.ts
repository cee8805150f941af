// The provider for servers of the Open Inference Protocol (Triton, KServe, MLServer and others): tensors as they are, and texts by
// what the configuration says of a model's tensors.

import { SluiceError } from '../../core/error.ts';
import { entryOf } from '../../core/json.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ModelCall, ModelProvider } from '../../ports/model.ts';
import type { TokenEstimator } from '../../ports/token-estimator.ts';
import type { Log } from '../../telemetry/log.ts';
import { type Connection, createConnection } from '../transport/connection.ts';
import type { CredentialOptions } from '../transport/credentials.ts';
import { classifyByTensors } from './classify.ts';
import { defaultConcurrency, maxMessageBytes } from './defaults.ts';
import { embedByTensors } from './embed.ts';
import { failureOfAnswer } from './errors.ts';
import { createPredictions, refusePredictions } from './generate.ts';
import type { GenerateTask } from './generate-to-wire.ts';
import { type ClientTls, parseGrpcUrl } from './grpc-channel.ts';
import { createGrpcTransport } from './grpc-transport.ts';
import { promptTemplates } from './prompt.ts';
import { rankByTensors } from './rank.ts';
import { createRestTransport } from './rest-transport.ts';
import type { TensorTask } from './tensor-task.ts';
import type { TensorTransport } from './tensor-transport.ts';

/** What a provider is made of. */
export interface OpenInferenceOptions {
  /** The provider's name in the configuration: the first half of its targets. */
  readonly name: string;
  /** `grpc://host:port`, `grpcs://host:port`, or the http(s) address that `/v2` hangs on. */
  readonly url: string;
  /** The http(s) address with Triton's generate extension. Default: `url`, where that is one. Without one nothing is predicted. */
  readonly generateUrl?: string | undefined;
  /** Reads the API key, sent as `authorization: Bearer …`. Absent: none is sent. */
  readonly apiKey?: CredentialOptions['apiKey'];
  /** Further headers, or metadata, of every request, or how to read them (once). */
  readonly headers?: CredentialOptions['headers'];
  /** Reads the certificates of a grpcs connection, once. Default: the roots that come with Node.js. */
  readonly tls?: (() => Promise<ClientTls>) | undefined;
  /** `http://[user:password@]host:port` of an HTTP proxy for REST and generate calls. Absent: direct. */
  readonly proxy?: string | undefined;
  /** Most calls under way at once. */
  readonly concurrency?: number | undefined;
  /** Whether tensors go as bytes over REST. Default false: not every server reads them. */
  readonly binaryData?: boolean | undefined;
  /** What models are for, by their names at the server. Any other model takes tensors, and text where there is a generateUrl. */
  readonly tasks?: Readonly<Record<string, TensorTask | GenerateTask>> | undefined;
  readonly clock: Clock;
  readonly log: Log;
  /** Counts tokens: such servers do not. */
  readonly estimator: TokenEstimator;
}

/**
 * The provider. Each call is one call at the server, or one for each batch where a task sets `maxBatch`; a call that was refused
 * for a key that has been replaced since is sent again. Throws `config_invalid` when an address is not one.
 */
export function createOpenInferenceProvider(options: OpenInferenceOptions): ModelProvider {
  const { name, estimator } = options;
  const rest = /^https?:/.test(options.url) ? connectionTo(options.url, options) : undefined;
  const transport = createTransport(options, rest);
  const generation = options.generateUrl === undefined ? rest : connectionTo(options.generateUrl, options);
  const targetOf = (call: ModelCall): string => `${name}/${call.model}`;
  return {
    name,
    models: () => [],
    ...(generation === undefined
      ? refusePredictions(name)
      : createPredictions(generation, { ...options, taskOf: (model) => generateTaskOf(options, model) })),
    async embed(request, call) {
      const task = taskOf(options, call.model, 'embed');
      return embedByTensors(transport, task, request, call, targetOf(call), estimator);
    },
    async classify(request, call) {
      const task = taskOf(options, call.model, 'classify');
      return classifyByTensors(transport, task, request, call, targetOf(call), estimator);
    },
    async rank(request, call) {
      const task = taskOf(options, call.model, 'rank');
      return rankByTensors(transport, task, request, call, targetOf(call), estimator);
    },
    infer: (request, call) => transport.infer(request, call),
    tensorMetadata: (request, call) => transport.metadata(request, call),
    async ready() {
      await Promise.all([transport.ready(), generation?.ready()]);
    },
    async close() {
      await Promise.all([transport.close(), generation?.close()]);
    },
  };
}

function createTransport(options: OpenInferenceOptions, rest: Connection | undefined): TensorTransport {
  if (rest !== undefined) return createRestTransport(rest, options.binaryData ?? false);
  const { name, url, apiKey, headers, tls, clock, log } = options;
  const common = { name, apiKey, headers, clock, log, concurrency: options.concurrency ?? defaultConcurrency };
  const address = parseGrpcUrl(url);
  if (address !== undefined) return createGrpcTransport({ ...common, address, tls });
  const message = `The url of provider ${name} is neither grpc://HOST:PORT, grpcs://HOST:PORT nor an http(s) address.`;
  throw new SluiceError('config_invalid', { message });
}

/** Of one address there is one: `concurrency` counts its calls of every kind. */
function connectionTo(baseUrl: string, options: OpenInferenceOptions): Connection {
  const { name, apiKey, headers, proxy, clock, log } = options;
  const limits = { connections: options.concurrency ?? defaultConcurrency, maxBodyBytes: maxMessageBytes };
  return createConnection({ name, baseUrl, apiKey, headers, proxy, clock, log, limits, failureOf: failureOfAnswer });
}

/** The task of a model, when it is of this kind. Throws `unsupported_capability` otherwise. */
function taskOf<Kind extends TensorTask['task']>(
  { name, tasks = {} }: OpenInferenceOptions,
  model: string,
  kind: Kind,
): Extract<TensorTask, { task: Kind }> {
  const task = entryOf(tasks, model);
  if (task?.task === kind) return task as Extract<TensorTask, { task: Kind }>;
  const known = task === undefined ? 'what its tensors are for is not configured' : `it is configured to ${task.task}`;
  const message = `The model '${name}/${model}' cannot ${kind}: ${known}.`;
  throw new SluiceError('unsupported_capability', { message, param: 'model' });
}

const defaultGenerateTask: GenerateTask = {
  task: 'generate',
  template: promptTemplates.plain,
  backend: 'vllm',
  parameters: {},
};

function generateTaskOf({ name, tasks = {} }: OpenInferenceOptions, model: string): GenerateTask {
  const task = entryOf(tasks, model);
  if (task === undefined) return defaultGenerateTask;
  if (task.task === 'generate') return task;
  const message = `The model '${name}/${model}' writes no text: it is configured to ${task.task}.`;
  throw new SluiceError('unsupported_capability', { message, param: 'model' });
}
