// The API key of a provider (read once, kept, read again when it is refused) and the headers that are the same for all calls
// made with it.

import { validateHeaderName, validateHeaderValue } from 'node:http';
import { SluiceError } from '../../core/error.ts';
import { userAgent } from './defaults.ts';

/** A key, its headers, and how to get a newer one. */
export interface Credentials {
  /** False while the key has still to be read, also again. */
  readonly isReady: boolean;
  /** The key, when there is one and it has been read. */
  readonly key: string | undefined;
  /** What must never be shown: the key, and header values that may be secrets. */
  readonly secrets: readonly string[];
  /** Names and values of the fixed headers in turn. */
  readonly headers: readonly string[];
  /** Reads the key when needed. Rejects with what its source rejects with, and tries again at the next call. */
  load(): Promise<void>;
  /**
   * Reads the key again unless that was done since `refused` was in use. False when it is still the same. Calls that come
   * while it is being read share the one read.
   */
  renew(refused: string): Promise<boolean>;
}

/** What credentials are made of. */
export interface CredentialOptions {
  /** Absent: no key is sent. */
  readonly apiKey?: KeySource | undefined;
  /** The headers that carry a key. Default: `authorization: Bearer …`. */
  readonly keyHeaders?: ((key: string) => Headers) | undefined;
  /** Further headers of every request, or how to read them (once). They win over ours of the same name. */
  readonly headers?: Headers | (() => Promise<Headers>) | undefined;
}

/** Reads a key. `refused` is the key that the provider has just refused, for sources that keep what they have read. */
export interface KeySource {
  (refused?: string): Promise<string>;
  /** False when the key is about to end and must be read again before the next call. Absent: it lasts until it is refused. */
  readonly isCurrent?: (key: string) => boolean;
}

/** Header values by name. */
export type Headers = Readonly<Record<string, string>>;

/** Credentials over a source of keys and headers. A header that HTTP does not allow is `config_invalid`: at once, or when read. */
export function createCredentials(options: CredentialOptions): Credentials {
  const { apiKey } = options;
  let further = typeof options.headers === 'function' ? undefined : checked(options.headers ?? {});
  let key: string | undefined;
  let headers: readonly string[] = further === undefined ? [] : fixedHeaders({}, further);
  let reading: Promise<void> | undefined;

  const readAll = async (refused?: string): Promise<void> => {
    if (typeof options.headers === 'function') further ??= checked(await options.headers());
    key = await apiKey?.(refused);
    const carriers = key === undefined ? {} : (options.keyHeaders?.(key) ?? { authorization: `Bearer ${key}` });
    headers = fixedHeaders(carriers, further);
  };
  const read = (refused?: string): Promise<void> => {
    reading ??= readAll(refused).finally(() => {
      reading = undefined;
    });
    return reading;
  };
  const isKeyReady = (): boolean => key !== undefined && (apiKey?.isCurrent?.(key) ?? true);
  const isReady = (): boolean => further !== undefined && (apiKey === undefined || isKeyReady());
  return {
    get isReady() {
      return isReady();
    },
    get key() {
      return key;
    },
    get secrets() {
      const values = Object.values(further ?? {}).filter((value) => value.length >= minSecretLength);
      return key === undefined ? values : [key, ...values];
    },
    get headers() {
      return headers;
    },
    async load() {
      if (!isReady()) await read();
    },
    async renew(refused) {
      if (apiKey !== undefined && key === refused) await read(refused);
      return key !== refused;
    },
  };
}

/** Shorter header values are words such as a date, which may be shown. */
const minSecretLength = 8;

function checked(headers: Headers): Headers {
  for (const [name, value] of Object.entries(headers)) checkHeader(name, value);
  return headers;
}

function checkHeader(name: string, value: string): void {
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
  } catch (cause) {
    const message = `The header ${JSON.stringify(name)} of a provider has a name or value that HTTP does not allow.`;
    throw new SluiceError('config_invalid', { message, cause });
  }
}

/** `identity`, since a compressed answer would be opened only to be sent on. */
function fixedHeaders(keyHeaders: Headers, further: Headers = {}): readonly string[] {
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    'accept-encoding': 'identity',
    'user-agent': userAgent,
    ...keyHeaders,
  };
  for (const [name, value] of Object.entries(further)) headers[name.toLowerCase()] = value;
  return Object.entries(headers).flat();
}
