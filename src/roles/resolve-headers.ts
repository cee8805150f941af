// Headers of the configuration may refer to secrets; this puts the values in.

import type { SecretReference } from '../config/config.ts';
import type { Secrets } from '../ports/secrets.ts';

/** Header values, with references to secrets replaced by the secrets. */
export async function resolveHeaders(
  headers: Readonly<Record<string, string | SecretReference>>,
  secrets: Secrets,
): Promise<Record<string, string>> {
  const resolved: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    resolved[name] = typeof value === 'string' ? value : await secrets.get(value.secret);
  }
  return resolved;
}
