// A vendor's words made fit to be shown: without keys, account names, request ids, addresses of ours, pages or stack traces.

import { maxMessageChars } from './defaults.ts';

/** Words before the name or number of an account, or of a request in the vendor's books. */
const owners = 'organi[sz]ation|org|project|account|workspace|subscription|tenant|team|consumer|resource|request';

/** What must not be shown, in the order of the replacements. */
const secretPatterns: readonly RegExp[] = [
  /\bBearer\s+[^\s"'`,;)\]}]+/gi,
  /\b(?:sk|pk|rk|gsk|hf|xai|nvapi|csk|fw|tgp|pplx|key|api|ak)[-_][\w*.…-]{6,}/gi,
  /\bAIza[\w*-]{10,}/g,
  /\bya29\.[\w.-]+/g, // Access tokens of Google.
  /\bA(?:KI|SI)A[A-Z0-9]{16}\b/g, // Keys of AWS.
  /\beyJ[\w-]{8,}(?:\.[\w-]*)*/g, // JSON web tokens.
  /\b(?:org|proj|user|acct|cus|team|wrkspc|req|msg_req)[-_][A-Za-z0-9]{6,}/g,
  /\b(?:projects?|organizations?|folders?|billingAccounts|subscriptions|resourceGroups)\/[^/\s'"`,;)]+/gi,
  /\bproject(?:_number|_id)?[:=]\s*[\w-]+/gi,
  new RegExp(
    `\\b(?:${owners})(?:[ _-]?(?:id|number|name))?(?: is)?[ :=]+(?:["'\`][^"'\`\\n]{1,80}["'\`]|(?=[\\w-]*\\d)[\\w-]{5,})`,
    'gi',
  ),
  /(?<![\w./:-])\/(?:home|root|srv|opt|usr|var|etc|tmp|app|mnt|data|Users|workspace)\/[^\s"'`,;)\]}]+/g, // Files of a server.
  /\b[\w-]+(?:\.[\w-]+)*\.(?:local|internal|svc|lan|intranet|corp)\b(?:\.[\w-]+)*(?::\d+)?/gi, // Names within a cluster.
  // IPv6: eight groups, or fewer around `::`. A time of day (12:30:45) is neither.
  /\[?(?<![\w:])(?:(?:[\da-f]{1,4}:){7}[\da-f]{1,4}|(?=:*[\da-f])(?=[\da-f:]*::)(?:[\da-f]{0,4}:){2,7}[\da-f]{0,4})(?![\w:])\]?(?::\d+)?/gi,
  /\b(?:api[_-]?)?key=[^\s"'`,;)&]+/gi,
  /\borganization [a-z\d]+(?:-[a-z\d]+)+/gi,
  /[\w.+-]+@[\w-]+\.[\w.-]+/g,
  /[\w-]*\*{3,}[\w*-]*/g, // A key that the vendor has masked itself.
  /\b(?:10|127|192\.168|169\.254|172\.(?:1[6-9]|2\d|3[01]))(?:\.\d{1,3}){2,3}(?::\d+)?\b/g, // Private networks.
  // Long words of letters and digits; neither ids of items and calls, which the caller sent itself, nor names of Google's models.
  /\b(?!(?:rs|msg|fc|ctc|call|resp|toolu|srvtoolu|item|file)_[\da-z]{16}|[\w/-]*\/(?:publishers|models)\/)(?=[A-Za-z0-9+/_-]*\d)(?=[A-Za-z0-9+/_-]*[A-Za-z])[A-Za-z0-9+/_]{32,}={0,2}/g,
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
