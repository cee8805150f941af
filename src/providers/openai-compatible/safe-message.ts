// A vendor's words made fit to be shown: without keys, account names, addresses of ours, pages or stack traces.

import { maxMessageChars } from './defaults.ts';

/** What must not be shown, in the order of the replacements. */
const secretPatterns: readonly RegExp[] = [
  /\bBearer\s+\S+/gi,
  /\b(?:sk|pk|rk|gsk|hf|xai|nvapi|csk|fw|tgp|pplx|key|api|ak)[-_][\w*.…-]{6,}/gi,
  /\bAIza[\w*-]{10,}/g,
  /\b(?:org|proj|user|acct|cus|team)[-_][A-Za-z0-9]{6,}/g,
  /[\w.+-]+@[\w-]+\.[\w.-]+/g,
  /[\w-]*\*{3,}[\w*-]*/g, // A key that the vendor has masked itself.
  /\b(?=[A-Za-z0-9+/_-]*\d)(?=[A-Za-z0-9+/_-]*[A-Za-z])[A-Za-z0-9+/_]{32,}={0,2}/g,
];

/** Signs of an error page or a stack trace, which are never the vendor's words to a caller. */
const notForCallers: readonly RegExp[] = [
  /<\s*(?:!doctype|html|head|body|title|h1|center|pre|div|p|br|script|style)\b/i,
  /Traceback \(most recent call last\)/,
  /^\s*at .+:\d+:\d+/m,
  /\bFile "[^"]+", line \d+/,
  /\uFFFD/, // Bytes that are not text: compressed, or in another encoding.
  /\b(?:panicked at|goroutine \d+ \[)/,
];

/**
 * The message, cleaned and at most `maxMessageChars` long; undefined when there is nothing that may be shown. `secrets` are
 * exact texts to blot out: the API key in use, header values, our address of the provider.
 */
export function safeMessage(text: string | undefined, secrets: readonly string[]): string | undefined {
  if (text === undefined || notForCallers.some((pattern) => pattern.test(text))) return undefined;
  // Cut first: replacing in a megabyte of text would take its time. A secret that the cut splits loses its tail only.
  let safe = text.slice(0, maxMessageChars * 4);
  for (const secret of secrets) if (secret.length >= 4) safe = safe.replaceAll(secret, '[redacted]');
  for (const pattern of secretPatterns) safe = safe.replace(pattern, '[redacted]');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is removed.
  safe = safe.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\s]+/g, ' ').trim();
  if (safe === '') return undefined;
  return safe.length > maxMessageChars ? `${safe.slice(0, maxMessageChars - 1)}…` : safe;
}
