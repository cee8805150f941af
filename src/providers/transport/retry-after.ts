// How long a vendor asks us to wait, out of the several headers that say so.

import type { IncomingHttpHeaders } from 'node:http';
import { maxRetryAfterMs } from './defaults.ts';

/**
 * Milliseconds to wait: `retry-after-ms`, else `retry-after` (seconds or a date), else the latest reset among the
 * `x-ratelimit-*` limits that are used up. Undefined when no header says anything usable.
 */
export function retryAfterMsOf(headers: IncomingHttpHeaders, nowMs: number): number | undefined {
  const exact = Number.parseFloat(headerOf(headers, 'retry-after-ms') ?? '');
  return (
    boundedWait(exact) ??
    boundedWait(retryAfter(headerOf(headers, 'retry-after'), nowMs)) ??
    boundedWait(latestReset(headers, nowMs))
  );
}

/** A header of which there is to be one: the first. */
export function headerOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/**
 * A wait that a vendor asks for, as the caller is told it: whole milliseconds, at most `maxRetryAfterMs` whatever the vendor says. Undefined
 * for what is no wait: NaN, or less than nothing.
 */
export function boundedWait(ms: number): number | undefined {
  return ms >= 0 ? Math.min(Math.ceil(ms), maxRetryAfterMs) : undefined;
}

function retryAfter(value: string | undefined, nowMs: number): number {
  if (value === undefined) return Number.NaN;
  if (/^\s*\d+(\.\d+)?\s*$/.test(value)) return Number.parseFloat(value) * 1000;
  return /[A-Za-z]/.test(value) ? Math.max(0, Date.parse(value) - nowMs) : Number.NaN;
}

/** OpenAI and Groq limit requests and tokens apart; the limit that is used up has no remaining. */
function latestReset(headers: IncomingHttpHeaders, nowMs: number): number {
  let latest = Number.NaN;
  for (const suffix of ['', '-requests', '-tokens', '-project-tokens']) {
    const reset = resetMs(headerOf(headers, `x-ratelimit-reset${suffix}`), nowMs);
    const remaining = headerOf(headers, `x-ratelimit-remaining${suffix}`);
    if (Number.isNaN(reset) || (remaining !== undefined && Number.parseFloat(remaining) > 0)) continue;
    if (!(latest >= reset)) latest = reset;
  }
  return latest;
}

const unitMs: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 };

/** A span such as `6m0s`, `1.5s`, `20ms`; a number of seconds; or a moment in Unix seconds or milliseconds. */
function resetMs(value: string | undefined, nowMs: number): number {
  if (value === undefined) return Number.NaN;
  if (/^\d+(\.\d+)?$/.test(value)) {
    const number = Number.parseFloat(value);
    if (number > 1e11) return Math.max(0, number - nowMs);
    return number > 1e9 ? Math.max(0, number * 1000 - nowMs) : number * 1000;
  }
  if (!/^(\d+(\.\d+)?(ms|[dhms]))+$/.test(value)) return Number.NaN;
  let total = 0;
  for (const [, amount, unit] of value.matchAll(/(\d+(?:\.\d+)?)(ms|[dhms])/g)) {
    total += Number.parseFloat(amount ?? '') * (unitMs[unit ?? ''] ?? Number.NaN);
  }
  return total;
}
