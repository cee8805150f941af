// A vendor's words made fit to be shown: without keys, account names, request ids, addresses of ours, pages or stack traces.

import { maxMessageChars } from './defaults.ts';
import { accountPatterns, keyPatterns } from './secret-patterns.ts';

/** Words before the name or number of an account. */
const owners = 'organi[sz]ation|org|project|account|workspace|subscription|tenant|team|consumer|resource';

/** Keys that only a message would show in this way. */
const shownKeys: readonly RegExp[] = [
  /\bBearer\s+(?:\[redacted\]|[^\s"'`,;)\]}]+)/gi, // What was found before is within it.
  /\beyJ[\w-]{8,}(?:\.[\w-]*)*/g, // JSON web tokens, whole or cut.
  /\b(?:api[_-]?)?key=[^\s"'`,;)&]+/gi,
  /[\w-]*\*{3,}[\w*-]*/g, // A key that the vendor has masked itself.
];

/** Accounts and requests in the words of a message. */
const namedAccounts: readonly RegExp[] = [
  /\bproject(?:_number|_id)?[:=]\s*[\w-]+/gi,
  new RegExp(
    `\\b(?:${owners})(?:[ _-]?(?:id|number|name))?(?: is)?[ :=]+(?:["'\`][^"'\`\\n]{1,80}["'\`]|(?=[\\w-]*\\d)[\\w-]{5,})`,
    'gi',
  ),
  /\brequest(?:[ _-]?(?:id|number))?(?: is)?[ :=]+["'`]?(?=[\w-]*\d)[\w-]{5,}["'`]?/gi,
  /\b(?:organization|project) [a-z\d]+(?:-[a-z\d]+)+/gi,
  /[\w.+-]+@[\w-]+\.[\w.-]+/g,
];

/** Addresses of this server's surroundings. */
const addresses: readonly RegExp[] = [
  /(?<![\w./:-])\/(?:home|root|srv|opt|usr|var|etc|tmp|app|mnt|data|Users|workspace)\/[^\s"'`,;)\]}]+/g, // Files of a server.
  /\b[\w-]+(?:\.[\w-]+)*\.(?:local|internal|svc|lan|intranet|corp)\b(?:\.[\w-]+)*(?::\d+)?/gi, // Names within a cluster.
  // IPv6: eight groups, or fewer around `::`. A time of day (12:30:45) is neither.
  /\[?(?<![\w:])(?:(?:[\da-f]{1,4}:){7}[\da-f]{1,4}|(?=:*[\da-f])(?=[\da-f:]*::)(?:[\da-f]{0,4}:){2,7}[\da-f]{0,4})(?![\w:])\]?(?::\d+)?/gi,
  /\b(?:10|127|192\.168|169\.254|172\.(?:1[6-9]|2\d|3[01]))(?:\.\d{1,3}){2,3}(?::\d+)?\b/g, // Private networks.
];

/** Long words that nobody has written: a secret of no known form. Names of models and fields have parts, and ids of items are the caller's. */
const unknownSecrets: readonly RegExp[] = [
  /(?<![A-Za-z0-9]|\b(?:rs|msg|fc|ctc|call|resp|toolu|srvtoolu|item|file)_)(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z0-9]{32,}/g,
  // Base 64: both cases, and digits in more than one place.
  /(?<![A-Za-z0-9+/])(?=[a-z\d+/]*[A-Z])(?=[A-Z\d+/]*[a-z])(?=(?:[A-Za-z+/]*\d){4})[A-Za-z0-9+/]{40,}={0,2}/g,
];

/** What must not be shown, in the order of the replacements. */
const secretPatterns: readonly RegExp[] = [
  ...keyPatterns,
  ...shownKeys,
  ...accountPatterns,
  ...namedAccounts,
  ...addresses,
  ...unknownSecrets,
];

/** Signs of an error page or a stack trace, which are never the vendor's words to a caller. */
const notForCallers: readonly RegExp[] = [
  /<\s*(?:!doctype|html|head|body|title|h1|center|pre|div|p|br|script|style)\b/i,
  /Traceback \(most recent call last\)/,
  /^\s*at .+:\d+:\d+/m,
  /\bat [\w.$<>]+ ?\([^()\n]*:\d+(?::\d+)?\)/, // Java, JavaScript.
  /^\s*at .+ in .+:line \d+/m, // .NET
  /:\d+:in [`']/, // Ruby
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
  let safe = beginningOf(text);
  for (const secret of secrets) if (secret.length >= 4) safe = safe.replaceAll(secret, '[redacted]');
  for (const pattern of secretPatterns) safe = safe.replace(pattern, '[redacted]');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is removed.
  safe = safe.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\s]+/g, ' ').trim();
  if (safe === '') return undefined;
  return safe.length > maxMessageChars ? `${safe.slice(0, maxMessageChars - 1)}…` : safe;
}

/** Cut before replacing, which in a megabyte of text would take its time; without the word at the cut: half a key is no word. */
function beginningOf(text: string): string {
  const most = maxMessageChars * 4;
  return text.length <= most ? text : text.slice(0, most).replace(/\S*$/, '');
}
