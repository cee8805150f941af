// A client of Google's auth library for a credentials file, by the kind of the file. The kinds that can only be made through
// the library's catch-all (which warns of itself) are left out, as is the one that runs a program.

import type { AuthClient, OAuth2ClientOptions } from 'google-auth-library';
import { SluiceError } from '../../core/error.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { objectOf, textValueOf } from '../translation/wire-values.ts';
import { authScope } from './defaults.ts';

/** What a client is made of. */
export interface GoogleClientOptions {
  /** The provider's name, for messages. */
  readonly name: string;
  /** The JSON of a credentials file. Absent: application default credentials. */
  readonly json: string | undefined;
  readonly transporterOptions: NonNullable<OAuth2ClientOptions['transporterOptions']>;
}

/** Loads the library and makes a client; nothing is sent yet. Throws `config_invalid` for a file that it cannot use. */
export async function createGoogleClient(options: GoogleClientOptions): Promise<AuthClient> {
  const { json, name, transporterOptions } = options;
  const library = await import('google-auth-library');
  const scopes = [authScope];
  if (json === undefined) {
    return new library.GoogleAuth({ scopes, clientOptions: { transporterOptions } }).getClient();
  }
  const file = parseCredentials(json, name);
  const field = (key: string): string => textValueOf(file[key]) ?? reject(name, `it has no ${key}`);
  const quotaProjectId = textValueOf(file['quota_project_id']);
  const common = { transporterOptions, ...(quotaProjectId === undefined ? {} : { quotaProjectId }) };
  switch (file['type']) {
    case 'service_account':
      return new library.JWT({ ...common, scopes, email: field('client_email'), key: field('private_key') });
    case 'authorized_user':
      return new library.UserRefreshClient({
        ...common,
        clientId: field('client_id'),
        clientSecret: field('client_secret'),
        refreshToken: field('refresh_token'),
      });
    case 'external_account': {
      const source = objectOf(file['credential_source']) ?? reject(name, 'it has no credential_source');
      if (source['executable'] !== undefined) reject(name, 'it runs a program, which is not allowed');
      const federated = { ...file, ...common, scopes } as unknown as ExternalAccount;
      // Only AWS has an environment_id.
      return source['environment_id'] === undefined
        ? new library.IdentityPoolClient(federated)
        : new library.AwsClient(federated as unknown as ConstructorParameters<typeof library.AwsClient>[0]);
    }
    default:
      return reject(name, `its type is none of service_account, external_account, authorized_user`);
  }
}

type ExternalAccount = ConstructorParameters<typeof import('google-auth-library').IdentityPoolClient>[0];

function parseCredentials(json: string, name: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(json.replace(/^\uFEFF/, '')); // Editors of Windows write one.
  } catch {
    value = undefined;
  }
  return isJsonObject(value) ? value : reject(name, 'it is not JSON');
}

function reject(name: string, why: string): never {
  const message = `The Google credentials file of provider ${name} cannot be used: ${why}.`;
  throw new SluiceError('config_invalid', { message });
}
