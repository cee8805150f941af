// The routes of answers that are kept: fetch, delete, cancel, list the input.

import { SluiceError } from '../../../core/error.ts';
import type { JsonObject } from '../../../core/json.ts';
import type { EdgeCall } from '../../call.ts';
import type { EdgeAnswer, EdgeRoute } from '../../dialect.ts';
import { defaultPageSize, maxPageSize } from './defaults.ts';
import { invalid } from './invalid.ts';
import { encryptedReasoning } from './parse-request.ts';
import { shownItem, shownResponse } from './response-object.ts';
import type { KeptResponse, ResponseVault } from './response-vault.ts';

/** The routes. Without a vault every answer is one that is not kept. */
export function keptRoutes(vault: ResponseVault | undefined): readonly EdgeRoute[] {
  const find = async (call: EdgeCall): Promise<KeptResponse> => {
    const id = call.parameters['response_id'] ?? '';
    const kept = await vault?.load(call, id);
    if (kept === undefined) throw notFound(id);
    return kept;
  };

  const show = async (call: EdgeCall): Promise<EdgeAnswer> => {
    const query = queryOf(call);
    if (query.get('stream') === 'true') {
      throw new SluiceError('unsupported_capability', {
        message: 'A kept response is not streamed again: fetch it whole.',
        param: 'stream',
      });
    }
    const { body } = await find(call);
    return whole(shownResponse(body, showsEncrypted(query)));
  };

  const remove = async (call: EdgeCall): Promise<EdgeAnswer> => {
    const id = call.parameters['response_id'] ?? '';
    if ((await vault?.remove(call, id)) !== true) throw notFound(id);
    return whole({ id, object: 'response', deleted: true });
  };

  const cancel = async (call: EdgeCall): Promise<EdgeAnswer> => {
    await find(call);
    throw new SluiceError('invalid_request', { message: 'Cannot cancel a synchronous response.' });
  };

  const listInput = async (call: EdgeCall): Promise<EdgeAnswer> => {
    const query = queryOf(call);
    const page = pageOf(query);
    const { input } = await find(call);
    return whole(listOf(input, page, showsEncrypted(query)));
  };

  const path = '/v1/responses/:response_id';
  return [
    { method: 'GET', path, access: 'key', handle: show },
    { method: 'DELETE', path, access: 'key', handle: remove },
    { method: 'POST', path: `${path}/cancel`, access: 'key', handle: cancel },
    { method: 'GET', path: `${path}/input_items`, access: 'key', handle: listInput },
  ];
}

function whole(body: JsonObject): EdgeAnswer {
  return { kind: 'whole', body: JSON.stringify(body) };
}

function notFound(id: string): SluiceError {
  return new SluiceError('not_found', { message: `Response with id '${id.slice(0, 100)}' not found.` });
}

function queryOf(call: EdgeCall): URLSearchParams {
  const url = call.request.url ?? '';
  const from = url.indexOf('?');
  return new URLSearchParams(from === -1 ? '' : url.slice(from + 1));
}

/** OpenAI's client writes lists with brackets. */
function showsEncrypted(query: URLSearchParams): boolean {
  return [...query.getAll('include[]'), ...query.getAll('include')].includes(encryptedReasoning);
}

interface Page {
  readonly after: string | undefined;
  readonly limit: number;
  readonly order: 'asc' | 'desc';
}

function pageOf(query: URLSearchParams): Page {
  const limitText = query.get('limit') ?? String(defaultPageSize);
  const limit = /^\d{1,3}$/.test(limitText) ? Number(limitText) : 0;
  if (limit < 1 || limit > maxPageSize) throw invalid('limit', `must be a whole number from 1 to ${maxPageSize}`);
  const order = query.get('order') ?? 'desc';
  if (order !== 'asc' && order !== 'desc') throw invalid('order', 'must be "asc" or "desc"');
  return { after: query.get('after') ?? undefined, limit, order };
}

/** One page. An `after` that names no item is refused: its page could only be a guess. */
function listOf(input: readonly JsonObject[], { after, limit, order }: Page, encrypted: boolean): JsonObject {
  const ordered = order === 'asc' ? input : input.toReversed();
  const at = after === undefined ? -1 : ordered.findIndex(({ id }) => id === after);
  if (after !== undefined && at === -1) throw invalid('after', 'must be the id of an item of the list');
  const data = ordered.slice(at + 1, at + 1 + limit).map((item) => shownItem(item, encrypted));
  return {
    object: 'list',
    data,
    has_more: at + 1 + limit < ordered.length,
    first_id: data[0]?.['id'] ?? '',
    last_id: data.at(-1)?.['id'] ?? '',
  };
}
