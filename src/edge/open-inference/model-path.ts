// What a path below /v2/models/ names: a model, maybe a version of it, and what is asked of it. Names of models hold slashes
// (`provider/model`), so the path is read from its end.

import { SluiceError } from '../../core/error.ts';

/** A path. */
export interface ModelPath {
  readonly model: string;
  /** '' lets the server choose. */
  readonly version: string;
  readonly action: 'metadata' | 'ready' | 'infer';
}

const prefix = '/v2/models/';

/**
 * Reads the path as it came, with its percent-encoding: a name that ends in `/ready` can so be told from the question. Throws
 * `route_not_found` for a path without a model, and `invalid_request` for one that cannot be decoded.
 */
export function parseModelPath(url: string): ModelPath {
  const path = url.split(/[?#]/, 1)[0] ?? '';
  const segments = path.slice(prefix.length).replace(/\/$/, '').split('/');
  const last = segments.at(-1);
  const action = last === 'ready' || last === 'infer' ? last : 'metadata';
  if (action !== 'metadata') segments.pop();
  let version = '';
  if (segments.length > 2 && segments.at(-2) === 'versions') {
    version = decode(segments.pop() ?? '');
    segments.pop();
  }
  const model = decode(segments.join('/'));
  if (model === '') throw new SluiceError('route_not_found', { message: 'The path names no model.' });
  return { model, version, action };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw new SluiceError('invalid_request', { message: 'The path is not a valid URL.', cause });
  }
}
