// What a recording must not hold: credentials, cookies, names of accounts. Headers and query parameters are kept by list, so that
// what a vendor invents tomorrow is left out; in bodies the credentials of the call itself and whatever looks like one are
// blotted out by as many bytes as they had, so that the cuts of the body stay where they were.

import { accountPatterns, keyPatterns } from '../../providers/transport/secret-patterns.ts';

/** Headers of a request that say what was asked. */
const requestHeaders: ReadonlySet<string> = new Set([
  'accept',
  'anthropic-beta',
  'anthropic-version',
  'content-type',
  'openai-beta',
]);

/** Headers of an answer that mean something to a client. */
const responseHeaders: readonly RegExp[] = [
  /^content-type$/,
  /^content-encoding$/,
  /^retry-after(?:-ms)?$/,
  /^x-should-retry$/,
  /^(?:x-ratelimit|anthropic-ratelimit|ratelimit)(?:-|$)/,
  /^openai-(?:version|processing-ms|model)$/,
];

const queryParameters: ReadonlySet<string> = new Set([
  'alt',
  'api-version',
  'beta',
  'pagesize',
  'limit',
  'order',
  'stream',
]);

/** Headers whose values are secrets also where they turn up again. */
const secretHeaders =
  /^(?:authorization|proxy-authorization|cookie|set-cookie|.*(?:key|token|secret|organi[sz]ation|project|account|user).*)$/i;

/** What looks like a credential or the name of an account, wherever it stands. */
const secretPatterns: readonly RegExp[] = [
  ...keyPatterns,
  ...accountPatterns,
  // Both are whole here: a prompt may speak of bearers, and other base64 of JSON begins like a web token.
  /\bBearer [\w.~+/-]{12,}=*/g,
  /\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g,
  /[\w.-]{1,64}@[\w-]{1,64}\.iam\.gserviceaccount\.com\b/g,
];

/** Headers as a map from name to value or, where they came more than once, values. */
export type HeaderMap = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Kept headers, and the names of those that were left out. */
export interface RedactedHeaders {
  readonly kept: Record<string, string>;
  readonly removed: readonly string[];
}

/** The headers of a request that may be written down. */
export function redactRequestHeaders(headers: HeaderMap): RedactedHeaders {
  return keepHeaders(headers, (name) => requestHeaders.has(name));
}

/** The headers of an answer that may be written down. */
export function redactResponseHeaders(headers: HeaderMap): RedactedHeaders {
  return keepHeaders(headers, (name) => responseHeaders.some((pattern) => pattern.test(name)));
}

function keepHeaders(headers: HeaderMap, isKept: (name: string) => boolean): RedactedHeaders {
  const kept: Record<string, string> = {};
  const removed: string[] = [];
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) continue;
    if (isKept(name)) kept[name] = typeof value === 'string' ? value : value.join(', ');
    else if (!isTransport.test(name)) removed.push(name);
  }
  return { kept, removed };
}

/** Says nothing of the caller nor of the vendor: not worth a word that it was left out. */
const isTransport =
  /^(?:host|connection|keep-alive|date|content-length|transfer-encoding|accept-encoding|accept-language|vary|via|server|te)$/;

/** The address with every parameter's value blotted out but those of a list: Gemini takes its key there. */
export function redactUrl(url: string): string {
  const parsed = new URL(url);
  for (const name of new Set(parsed.searchParams.keys())) {
    if (!queryParameters.has(name.toLowerCase())) parsed.searchParams.set(name, 'redacted');
  }
  return parsed.href;
}

/** The secrets of a call: values of its headers and parameters that must not turn up in a body either. */
export function secretsOf(headers: HeaderMap, url: string): string[] {
  const values = Object.entries(headers)
    .filter(([name]) => secretHeaders.test(name))
    .flatMap(([, value]) => value ?? [])
    .flatMap((value) => [value, ...value.split(/[\s;=]+/)]);
  for (const [name, value] of new URL(url).searchParams)
    if (!queryParameters.has(name.toLowerCase())) values.push(value);
  // Shorter words would blot out ordinary text.
  return [...new Set(values)].filter((value) => value.length >= 8).sort((a, b) => b.length - a.length);
}

/** A body without secrets, as long as before, and how many were found. Works on bytes: cuts may lie anywhere. */
export function redactBody(
  body: Buffer,
  secrets: readonly string[],
): { readonly body: Buffer; readonly found: number } {
  let found = 0;
  const blot = (text: string): string => {
    found += 1;
    return 'x'.repeat(text.length);
  };
  // Each byte is one character of latin1, so lengths are those of the bytes.
  let text = body.toString('latin1');
  for (const secret of secrets) text = text.replaceAll(Buffer.from(secret).toString('latin1'), blot);
  for (const pattern of secretPatterns) text = text.replace(pattern, blot);
  return { body: found === 0 ? body : Buffer.from(text, 'latin1'), found };
}
