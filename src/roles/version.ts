// The version of this copy of Sluice.

import { readFileSync } from 'node:fs';

/** As in package.json, which lies two folders up both from src/roles and from dist/roles. */
export function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : 'unknown';
}
