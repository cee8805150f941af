// The header that names what was not honoured, over HTTP and in gRPC's metadata alike. Callers can make the list long, and proxies refuse an
// answer for its headers.

import { maxDowngradedChars } from './defaults.ts';
import { headerSafe } from './header-safe.ts';

/** The names, as many as fit into `maxDowngradedChars`, and how many more there are. */
export function downgradedHeader(names: readonly string[]): string {
  const shown: string[] = [];
  let chars = 0;
  for (const name of names) {
    const safe = headerSafe(name);
    chars += safe.length + 2;
    if (chars > maxDowngradedChars) break;
    shown.push(safe);
  }
  const left = names.length - shown.length;
  return left === 0 ? shown.join(', ') : [...shown, `and ${left} more`].join(', ');
}
