// Access tokens of Google Cloud, through Google's own library. Kept until shortly before they end; who asks gets the one in use.

import { type ErrorDetails, SluiceError } from '../../core/error.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../telemetry/log.ts';
import type { KeySource } from '../transport/credentials.ts';
import { safeMessage } from '../transport/safe-message.ts';
import { tokenFetchMs, tokenLifeMs, tokenMarginMs, tokenRetryMs } from './defaults.ts';
import { createGoogleClient } from './google-client.ts';

/** What tokens are made from. */
export interface GoogleAuthOptions {
  /** The provider's name, for messages. */
  readonly name: string;
  /**
   * Reads the JSON of a credentials file: `service_account`, `external_account` (workload identity federation) or
   * `authorized_user`. Read again for each token, so a rotated key is found. The file says
   * where tokens are fetched: it must come from the operator. Absent: application default credentials, that is
   * GOOGLE_APPLICATION_CREDENTIALS, gcloud's file, or the metadata server of the machine (GKE workload identity).
   */
  readonly credentials?: (() => Promise<string>) | undefined;
  readonly clock: Clock;
  readonly log: Log;
  /** How the library reaches the network. Default: the global fetch. */
  readonly fetch?: typeof fetch | undefined;
}

/** Tokens, and the headers that carry one. */
export interface GoogleAuth {
  /** The token in use, a new one when it is about to end or was refused. Calls that come meanwhile share one fetch. */
  readonly token: KeySource;
  /** `authorization`, and the project that is billed when the credentials name one. */
  headersOf(token: string): Readonly<Record<string, string>>;
}

/** A token that was fetched. */
interface Token {
  readonly text: string;
  readonly endsAtMs: number;
  /** When the next one should be fetched. */
  readonly renewAtMs: number;
  readonly quotaProject: string | undefined;
}

/**
 * A token source. A fetch that fails while the token in use is still valid is logged and tried again `tokenRetryMs` later:
 * an outage of the token service shorter than `tokenMarginMs` is not felt. Rejects with `config_invalid` for credentials that
 * cannot be used, `upstream_unauthenticated` when Google refuses them, `upstream_timeout` or `upstream_unavailable` else.
 */
export function createGoogleAuth(options: GoogleAuthOptions): GoogleAuth {
  const { clock, log, name } = options;
  let current: Token | undefined;
  let fetching: Promise<Token> | undefined;

  const isCurrent = (text: string): boolean => text === current?.text && clock.now() < current.renewAtMs;
  const fetchOnce = (): Promise<Token> => {
    fetching ??= fetchToken(options).finally(() => {
      fetching = undefined;
    });
    return fetching;
  };
  const renew = async (refused: string | undefined): Promise<Token> => {
    const before = current;
    try {
      current = await fetchOnce();
    } catch (failure) {
      const stillServes =
        before !== undefined && before.text !== refused && clock.now() < before.endsAtMs - tokenRetryMs;
      if (!stillServes) throw failure;
      log.warn({ provider: name, error: String(failure) }, 'no new access token; the one in use is still valid');
      current = { ...before, renewAtMs: clock.now() + tokenRetryMs };
    }
    return current;
  };
  const read = async (refused?: string): Promise<string> => {
    if (current !== undefined && current.text !== refused && isCurrent(current.text)) return current.text;
    return (await renew(refused)).text;
  };
  return {
    token: Object.assign(read, { isCurrent }),
    headersOf(token) {
      const project = current?.quotaProject;
      return { authorization: `Bearer ${token}`, ...(project === undefined ? {} : { 'x-goog-user-project': project }) };
    },
  };
}

/** One token, by a fresh client of the library: it keeps no state that could be stale. */
async function fetchToken(options: GoogleAuthOptions): Promise<Token> {
  const { clock } = options;
  const json = await options.credentials?.();
  const stop = new AbortController();
  const timer = clock.setTimer(tokenFetchMs, () => stop.abort(new SluiceError('upstream_timeout')));
  const aborted = new Promise<never>((_, reject) => {
    stop.signal.addEventListener('abort', () => reject(stop.signal.reason), { once: true });
  });
  try {
    return await Promise.race([askLibrary(options, json, stop.signal), aborted]);
  } catch (failure) {
    throw failureOfFetch(failure, options.name, stop.signal);
  } finally {
    timer.cancel();
  }
}

async function askLibrary(options: GoogleAuthOptions, json: string | undefined, signal: AbortSignal): Promise<Token> {
  const transporterOptions = { signal, ...(options.fetch === undefined ? {} : { fetchImplementation: options.fetch }) };
  const client = await createGoogleClient({ name: options.name, json, transporterOptions });
  const { token } = await client.getAccessToken();
  if (typeof token !== 'string' || token === '') throw new SluiceError('upstream_unauthenticated');
  const nowMs = options.clock.now();
  const endsAtMs = client.credentials.expiry_date ?? nowMs + tokenLifeMs;
  return {
    text: token,
    endsAtMs,
    // A token of a short life is renewed after half of it.
    renewAtMs: endsAtMs - Math.min(tokenMarginMs, Math.max(0, endsAtMs - nowMs) / 2),
    quotaProject: client.quotaProjectId,
  };
}

/** A failure with an answer or a request is one of the network; any other is one of the credentials. */
function failureOfFetch(failure: unknown, name: string, signal: AbortSignal): SluiceError {
  if (failure instanceof SluiceError) return failure;
  const words = failure instanceof Error ? failure.message : String(failure);
  const details: ErrorDetails = {
    // Not the failure itself as the cause: it holds the request, and with it what was signed.
    detail: `access token of provider ${name}: ${safeMessage(words, []) ?? 'no words'}`,
  };
  if (signal.aborted) return new SluiceError('upstream_timeout', details);
  if (typeof failure === 'object' && failure !== null && 'config' in failure) {
    const status = 'status' in failure ? Number(failure.status) : Number.NaN;
    const isRefusal = status >= 400 && status < 500 && status !== 408 && status !== 429;
    return new SluiceError(isRefusal ? 'upstream_unauthenticated' : 'upstream_unavailable', details);
  }
  const message = `The Google credentials of provider ${name} cannot be used.`;
  return new SluiceError('config_invalid', { ...details, message });
}
