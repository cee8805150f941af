// The API key of a provider (read once, kept, read again when it is refused) and the headers that are the same for all calls
// made with it.

import { validateHeaderName, validateHeaderValue } from 'node:http';
import { SluiceError } from '../../core/error.ts';
import { userAgent } from './defaults.ts';

/** A key, its headers, and how to get a newer one. */
export interface Credentials {
  /** False while the key has still to be read. */
  readonly isReady: boolean;
  /** The key, when there is one and it has been read. */
  readonly key: string | undefined;
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
  readonly apiKey?: (() => Promise<string>) | undefined;
  /** The headers that carry a key. Default: `authorization: Bearer …`. */
  readonly keyHeaders?: ((key: string) => Readonly<Record<string, string>>) | undefined;
  /** Further headers of every request. They win over ours of the same name. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** Credentials over a source of keys. Throws `config_invalid` for a header that HTTP does not allow. */
export function createCredentials(options: CredentialOptions): Credentials {
  const { apiKey } = options;
  for (const [name, value] of Object.entries(options.headers ?? {})) checkHeader(name, value);
  let key: string | undefined;
  let headers: readonly string[] = apiKey === undefined ? fixedHeaders({}, options.headers) : [];
  let reading: Promise<void> | undefined;

  const read = (source: () => Promise<string>): Promise<void> => {
    reading ??= source()
      .then((value) => {
        key = value;
        const carriers = options.keyHeaders?.(value) ?? { authorization: `Bearer ${value}` };
        headers = fixedHeaders(carriers, options.headers);
      })
      .finally(() => {
        reading = undefined;
      });
    return reading;
  };
  return {
    get isReady() {
      return apiKey === undefined || key !== undefined;
    },
    get key() {
      return key;
    },
    get headers() {
      return headers;
    },
    async load() {
      if (apiKey !== undefined && key === undefined) await read(apiKey);
    },
    async renew(refused) {
      if (apiKey !== undefined && key === refused) await read(apiKey);
      return key !== refused;
    },
  };
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
function fixedHeaders(
  keyHeaders: Readonly<Record<string, string>>,
  further: Readonly<Record<string, string>> = {},
): readonly string[] {
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    'accept-encoding': 'identity',
    'user-agent': userAgent,
    ...keyHeaders,
  };
  for (const [name, value] of Object.entries(further)) headers[name.toLowerCase()] = value;
  return Object.entries(headers).flat();
}
