// One GET against the hub, redirects followed, failures turned into errors that say what to do.

import { type Dispatcher, request } from 'undici';
import { abortReason, SluiceError } from '../../../core/error.ts';

/** Where requests go. */
export interface HubSource {
  /** Without a trailing slash. */
  readonly baseUrl: string;
  readonly repo: string;
  readonly signal: AbortSignal;
}

/** The hub sends large files to its content network by one or two redirects. */
const maxRedirects = 5;
/** A hub that is silent for longer than this is not going to answer. */
const headersTimeoutMs = 30_000;
const bodyTimeoutMs = 60_000;

/** The answer to a GET: status 200 or 206, body unread. Rejects with a SluiceError for anything else. */
export async function hubGet(
  source: HubSource,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Dispatcher.ResponseData> {
  let url = new URL(`${source.baseUrl}${path}`);
  for (let redirects = 0; redirects <= maxRedirects; redirects += 1) {
    const response = await get(source, url, headers);
    const { statusCode } = response;
    if (statusCode === 200 || statusCode === 206) return response;
    await response.body.dump();
    const { location } = response.headers;
    if (statusCode < 300 || statusCode >= 400 || typeof location !== 'string') throw refusal(source, statusCode);
    url = new URL(location, url);
  }
  throw new SluiceError('upstream_malformed', { message: `${source.baseUrl} redirects in circles.` });
}

/** Turns what a connection can throw into an error for a person; an abort keeps the signal's reason. */
export function connectionFailure(source: HubSource, cause: unknown): SluiceError {
  if (cause instanceof SluiceError) return cause;
  if (source.signal.aborted) return abortReason(source.signal);
  const detail = cause instanceof Error ? cause.message : String(cause);
  return new SluiceError('upstream_unavailable', {
    message:
      `${new URL(source.baseUrl).host} cannot be reached or broke off. What arrived is kept: run the command again to go on. ` +
      'Without a network, copy the model folder here from another machine.',
    detail,
    cause,
  });
}

async function get(
  source: HubSource,
  url: URL,
  headers: Readonly<Record<string, string>>,
): Promise<Dispatcher.ResponseData> {
  try {
    const timeouts = { headersTimeout: headersTimeoutMs, bodyTimeout: bodyTimeoutMs };
    return await request(url, { headers: { ...headers }, signal: source.signal, ...timeouts });
  } catch (cause) {
    throw connectionFailure(source, cause);
  }
}

function refusal(source: HubSource, status: number): SluiceError {
  const { host } = new URL(source.baseUrl);
  // The hub answers 401 for repositories that do not exist, so that private names cannot be guessed.
  if (status === 404 || status === 401 || status === 403) {
    return new SluiceError('not_found', {
      message: `${host} has no such file or repository that is open to all: ${source.repo}.`,
    });
  }
  const reason =
    status === 429 ? 'upstream_rate_limited' : status >= 500 ? 'upstream_unavailable' : 'upstream_rejected';
  return new SluiceError(reason, { message: `${host} answered with status ${status}.` });
}
