// The message for a listener that cannot be opened: which one, why, and what to do.

import type { Address } from '../config/config.ts';
import { SluiceError } from '../core/error.ts';
import { formatAddress } from './addresses.ts';

/** What the system's error codes mean to an operator. */
const meanings: Readonly<Record<string, string>> = {
  EADDRINUSE: 'something else listens there',
  EACCES: 'the port needs more privileges',
  EADDRNOTAVAIL: 'this machine does not have that address',
  ENOTFOUND: 'the host name is not known',
};

/** `config_invalid` with the way out: another port on the command line. */
export function listenError(name: 'http' | 'admin' | 'grpc', address: Address, failure: unknown): SluiceError {
  const said = failure instanceof SluiceError ? (failure.detail ?? failure.message) : String(failure);
  const code = Object.keys(meanings).find((known) => said.includes(known));
  const reason = code === undefined ? said : meanings[code];
  return new SluiceError('config_invalid', {
    message: `Cannot listen on ${formatAddress(address)} (listen.${name}): ${reason}. Choose another with --set listen.${name}=${address.host}:PORT; port 0 is any free one.`,
    cause: failure,
  });
}
