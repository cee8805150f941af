// The address of a provider out of the configuration.

import { SluiceError } from '../../core/error.ts';

/** The address in parts. */
export interface BaseUrl {
  readonly origin: string;
  readonly host: string;
  /** Without a slash at the end. */
  readonly path: string;
  /** '' or beginning with `?`: Azure's api-version. */
  readonly query: string;
}

/** Throws `config_invalid` for what is not an http(s) address, and for credentials in it, which would end up in logs. */
export function parseBaseUrl(baseUrl: string, provider: string): BaseUrl {
  const url = URL.parse(baseUrl);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new SluiceError('config_invalid', {
      message: `The baseUrl of provider ${provider} is not an http(s) address.`,
    });
  }
  if (url.username !== '' || url.password !== '') {
    const message = `The baseUrl of provider ${provider} holds credentials; set apiKey instead.`;
    throw new SluiceError('config_invalid', { message });
  }
  return { origin: url.origin, host: url.host, path: url.pathname.replace(/\/+$/, ''), query: url.search };
}
