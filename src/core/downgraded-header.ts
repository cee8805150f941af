// The header that names what was not honoured. Callers can make the list long, and proxies refuse an answer for its headers.

import { headerSafe } from './header-safe.ts';

/** Names in the header: proxies begin to refuse headers of 4 kB, and people read no more than this. */
export const maxDowngradedChars: number = 1024;

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
