// The Open Inference Protocol over REST, for clients that know model servers (KServe, Triton, MLServer) and not Sluice. A model is
// an alias or `provider/model` whose provider takes tensors.

import { type Downgraded, reportOf } from '../../core/downgraded.ts';
import { SluiceError, toSluiceError } from '../../core/error.ts';
import type { EdgeCall } from '../call.ts';
import type { DialectServices, EdgeAnswer, EdgeDialect } from '../dialect.ts';
import type { Readiness } from '../native/dialect.ts';
import { jsonLengthHeader, parseInferCall } from './infer-body.ts';
import { type ModelPath, parseModelPath } from './model-path.ts';
import { renderError, renderInfer, renderMetadata } from './render.ts';

/** What the routes need. */
export interface OpenInferenceServices extends Pick<DialectServices, 'inference'> {
  /** Asked by the health routes. */
  readonly readiness: () => Readiness;
  /** The version of this server, for its metadata. Default ''. */
  readonly version?: string | undefined;
}

/** Extensions of the protocol that these routes have. */
const extensions = ['binary_tensor_data'];

/** Makes the dialect. Health of the server is open to anybody, as probes need it; everything else wants a key. */
export function createOpenInferenceDialect(services: OpenInferenceServices): EdgeDialect {
  const { version = '' } = services;
  const isReady = (call: EdgeCall): boolean => services.readiness().ready && !call.runtime.draining;
  return {
    name: 'open-inference',
    pathPrefixes: ['/v2'],
    requestIdHeader: 'x-request-id',
    routes: [
      { method: 'GET', path: '/v2/health/live', access: 'open', handle: () => json({ live: true }) },
      {
        method: 'GET',
        path: '/v2/health/ready',
        access: 'open',
        handle: (call) => json({ ready: isReady(call) }, isReady(call) ? 200 : 503),
      },
      { method: 'GET', path: '/v2', access: 'key', handle: () => json({ name: 'sluice', version, extensions }) },
      // Wildcards, as the names of models hold slashes.
      {
        method: 'GET',
        path: '/v2/models/*',
        access: 'key',
        handle(call) {
          const path = pathOf(call);
          if (path.action === 'infer') throw wrongMethod(call, 'POST');
          return path.action === 'ready' ? answerReady(services, call, path) : answerMetadata(services, call, path);
        },
      },
      {
        method: 'POST',
        path: '/v2/models/*',
        access: 'key',
        // JSON is read here too: its 64-bit integers must keep their digits. Triton's own client names no type.
        accepts: { raw: ['application/json', 'application/octet-stream', ''], json: false },
        handle(call) {
          const path = pathOf(call);
          if (path.action !== 'infer') throw wrongMethod(call, 'GET, HEAD');
          return answerInfer(services, call, path);
        },
      },
    ],
    renderError,
  };
}

function pathOf(call: EdgeCall): ModelPath {
  const path = parseModelPath(call.request.url ?? '');
  call.model = path.model;
  return path;
}

function wrongMethod(call: EdgeCall, allow: string): SluiceError {
  call.allow = allow;
  const message = `${call.request.method} is not possible here; use ${allow}.`;
  return new SluiceError('method_not_allowed', { message });
}

async function answerInfer({ inference }: OpenInferenceServices, call: EdgeCall, path: ModelPath): Promise<EdgeAnswer> {
  const bytes = call.body instanceof Buffer ? call.body : Buffer.alloc(0);
  const length = call.headers[jsonLengthHeader];
  const maxNesting = call.runtime.limits.maxNesting;
  const parsed = parseInferCall(bytes, typeof length === 'string' ? length : undefined, path, maxNesting);
  const response = await inference.infer(parsed.request, call.context, call.signal);
  noteAnswerer(call, response);
  return renderInfer(response, parsed);
}

async function answerMetadata(
  { inference }: OpenInferenceServices,
  call: EdgeCall,
  { model, version }: ModelPath,
): Promise<EdgeAnswer> {
  const metadata = await inference.tensorMetadata({ model, version }, call.context, call.signal);
  noteAnswerer(call, metadata);
  return { kind: 'whole', body: renderMetadata(metadata, model) };
}

/** A model is ready when it can be asked for its tensors. One that cannot be asked now is not; one that does not exist is an error. */
async function answerReady(
  { inference }: OpenInferenceServices,
  call: EdgeCall,
  { model, version }: ModelPath,
): Promise<EdgeAnswer> {
  try {
    noteAnswerer(call, await inference.tensorMetadata({ model, version }, call.context, call.signal));
    return json({ name: model, ready: true });
  } catch (thrown) {
    const error = toSluiceError(thrown);
    if (!error.retryable) throw error;
    return json({ name: model, ready: false }, 503);
  }
}

interface Answer extends Downgraded {
  readonly target: string;
  readonly attempts: number;
}

function noteAnswerer(call: EdgeCall, { target, attempts, downgrades = [] }: Answer): void {
  call.answered = { target, attempts, ...reportOf(downgrades) };
}

function json(value: object, status: number = 200): EdgeAnswer {
  return { kind: 'whole', status, body: JSON.stringify(value) };
}
