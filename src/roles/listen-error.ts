// The message for a listener that cannot be opened: which one, why, and what to do.

import type { Address } from '../config/config.ts';
import { SluiceError } from '../core/error.ts';
import { formatAddress } from './addresses.ts';

/** `config_invalid` with the way out: another port on the command line. */
export function listenError(name: 'http' | 'admin' | 'grpc', address: Address, failure: unknown): SluiceError {
  const code = failure instanceof Error && 'code' in failure ? String(failure.code) : undefined;
  const where = formatAddress(address);
  const why: Readonly<Record<string, string>> = {
    EADDRINUSE: 'something else listens there',
    EACCES: 'the port needs more privileges',
    EADDRNOTAVAIL: 'this machine does not have that address',
    ENOTFOUND: 'the host name is not known',
  };
  const reason =
    (code === undefined ? undefined : why[code]) ?? (failure instanceof Error ? failure.message : 'it failed');
  return new SluiceError('config_invalid', {
    message: `Cannot listen on ${where} (listen.${name}): ${reason}. Choose another with --set listen.${name}=${address.host}:PORT; port 0 is any free one.`,
    cause: failure,
  });
}
