// Where Google's models are reached: host by location, path by model. Pure text, no network.

import { SluiceError } from '../../core/error.ts';
import { anthropicVersion, defaultLocation, geminiBaseUrl, vertexVersion } from './defaults.ts';

/** The two homes of the API. Bodies are nearly the same; paths, embeddings and file references are not. */
export type Api = 'vertex' | 'gemini';

/** What of the options decides the address. */
export interface AddressOptions {
  readonly project?: string | undefined;
  readonly location?: string | undefined;
  /** Up to and including the version, such as `https://host/v1beta1`. Absent: Google's, by project and location. */
  readonly baseUrl?: string | undefined;
}

/** Where the calls of one provider go. */
export interface Address {
  readonly api: Api;
  readonly baseUrl: string;
  /** The path of a model's method on `baseUrl`. Throws `model_not_found` for what is no name of a model. */
  pathOf(model: string, method: string): string;
}

/**
 * With a project it is Vertex, without one the Gemini API; only Vertex's own host without a project is Vertex all the same
 * (its express mode, with an API key).
 */
export function createAddress(options: AddressOptions): Address {
  const { project, location = defaultLocation } = options;
  const isVertexHost = /(?:^|[/.-])aiplatform\.[\w.]*googleapis\.com/.test(options.baseUrl ?? '');
  const api: Api = project !== undefined || isVertexHost ? 'vertex' : 'gemini';
  const baseUrl =
    options.baseUrl ?? (api === 'gemini' ? geminiBaseUrl : `https://${hostOf(location)}/${vertexVersion}`);
  const parent = project === undefined ? '' : `/projects/${segment(project)}/locations/${segment(location)}`;
  return {
    api,
    baseUrl,
    pathOf(model, method) {
      const path = api === 'gemini' ? geminiPath(model) : vertexPath(model, parent);
      return `${path}:${method}`;
    },
  };
}

/** Where Anthropic's models on Vertex are reached. `countTokens` has a path of its own, with the model in the body. */
export interface AnthropicAddress {
  readonly baseUrl: string;
  /** `model` without a publisher, such as `claude-sonnet-4@20250514`. */
  messagesPath(model: string, stream: boolean): string;
  readonly countTokensPath: string;
}

/** The paths of Anthropic's models on `baseUrl`, which is that of the options or Google's for the location. */
export function vertexAnthropicAddress(options: AddressOptions & { readonly project: string }): AnthropicAddress {
  const baseUrl = options.baseUrl ?? `https://${hostOf(options.location ?? defaultLocation)}/${anthropicVersion}`;
  const address = createAddress({ ...options, baseUrl });
  const pathOf = (model: string, method: string): string => address.pathOf(`anthropic/${model}`, method);
  return {
    baseUrl,
    messagesPath: (model, stream) => pathOf(model, stream ? 'streamRawPredict' : 'rawPredict'),
    countTokensPath: pathOf('count-tokens', 'rawPredict'),
  };
}

/** `us` and `eu` are multi-regions with hosts of another form. */
function hostOf(location: string): string {
  if (!/^[a-z0-9-]+$/.test(location)) {
    throw new SluiceError('config_invalid', { message: `${JSON.stringify(location)} is no location of Google Cloud.` });
  }
  if (location === 'global') return 'aiplatform.googleapis.com';
  if (location === 'us' || location === 'eu') return `aiplatform.${location}.rep.googleapis.com`;
  return `${location}-aiplatform.googleapis.com`;
}

/** `gemini-2.5-pro`, `models/gemini-2.5-pro` or `tunedModels/mine`. */
function geminiPath(model: string): string {
  return model.includes('/') ? `/${segments(model)}` : `/models/${segment(model)}`;
}

/**
 * `gemini-2.5-pro`; `meta/llama-4` of another publisher; `endpoints/123` of a tuned model; or any of them as a resource name
 * from `publishers/` or `projects/` on.
 */
function vertexPath(model: string, parent: string): string {
  const name = model.replace(/^models\//, '');
  if (name.startsWith('projects/')) return `/${segments(name)}`;
  if (name.startsWith('publishers/') || name.startsWith('endpoints/')) return `${parent}/${segments(name)}`;
  const [publisher, ...rest] = name.split('/');
  if (rest.length === 0) return `${parent}/publishers/google/models/${segment(name)}`;
  return `${parent}/publishers/${segment(publisher ?? '')}/models/${segments(rest.join('/'))}`;
}

function segments(name: string): string {
  return name.split('/').map(segment).join('/');
}

/** A caller writes the model's name: it must not leave its place in the path, nor name another method by a colon. */
function segment(text: string): string {
  if (text === '' || text === '.' || text === '..') throw new SluiceError('model_not_found', { param: 'model' });
  return encodeURIComponent(text).replaceAll('%40', '@');
}
