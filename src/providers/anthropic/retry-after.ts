// How long Anthropic asks us to wait.

import type { IncomingHttpHeaders } from 'node:http';
import { boundedWait, retryAfterMsOf as commonRetryAfterMsOf, headerOf } from '../transport/retry-after.ts';

/** The limits that Anthropic reports, each with `-remaining` and `-reset` (RFC 3339). */
const limits: readonly string[] = ['requests', 'tokens', 'input-tokens', 'output-tokens'];

/**
 * Milliseconds to wait: `retry-after` (seconds), else the latest reset among the `anthropic-ratelimit-*` limits that are
 * used up. Undefined when no header says anything usable.
 */
export function retryAfterMsOf(headers: IncomingHttpHeaders, nowMs: number): number | undefined {
  const common = commonRetryAfterMsOf(headers, nowMs);
  if (common !== undefined) return common;
  let latest: number | undefined;
  for (const limit of limits) {
    if (headerOf(headers, `anthropic-ratelimit-${limit}-remaining`) !== '0') continue;
    // A reset that has passed: nothing to wait for any more.
    const wait = boundedWait(
      Math.max(0, Date.parse(headerOf(headers, `anthropic-ratelimit-${limit}-reset`) ?? '') - nowMs),
    );
    if (wait !== undefined) latest = Math.max(latest ?? 0, wait);
  }
  return latest;
}
