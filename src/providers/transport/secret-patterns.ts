// Keys and names of accounts, by the form that their vendors have given them: what may stand in no message, log or recording.

/** Words that follow `org-` and `proj_` in prose and in names of fields. */
const plainWords = 'wide|level|owned|owner|admins?|scoped|specific|based|managed|ids?|names?|units?|number|settings?';

/** Keys and tokens. */
export const keyPatterns: readonly RegExp[] = [
  /\b(?:sk|gsk|csk|pplx)[-_][\w*.…-]{6,}/gi, // OpenAI, Anthropic, DeepSeek, OpenRouter; Groq; Cerebras; Perplexity.
  // Replicate, Hugging Face, Fireworks, Together; xAI, NVIDIA: whole, or masked by the vendor. Shorter words are names (`hf_transfer`).
  /\b(?:r8|hf|fw|tgp_v\d|xai|nvapi)[-_](?:[\w-]{20,}|[\w-]*[*…][\w*….-]*)/gi,
  /\b(?:gh[oprsu]|github_pat)_\w{20,}/g, // GitHub, whose tokens open its model catalogue.
  /\b(?:pk|rk|ak|key|api)[-_](?=[\w*.…-]*[\d*…])[\w*.…-]{16,}/gi,
  /\bAIza[\w*-]{10,}/g,
  /\bAQ\.[\w-]{20,}/g, // Keys of Google since 2025.
  /\bya29\.[\w.-]+/g, // Access tokens of Google.
  /(?<![\w/])1\/\/0[\w-]{20,}/g, // Refresh tokens of Google.
  /\bGOCSPX-[\w-]{10,}/g, // Client secrets of Google.
  /\bA(?:KI|SI|RO|ID)A[A-Z0-9]{16}\b/g, // Keys, roles and users of AWS.
];

/** Names and numbers of accounts, and of requests in the vendor's books. */
export const accountPatterns: readonly RegExp[] = [
  new RegExp(`\\b(?:org|proj)[-_](?!(?:${plainWords})(?![A-Za-z0-9]))[A-Za-z0-9]{2,}(?:[-_][A-Za-z0-9]+)*`, 'g'),
  /\b(?:user|acct|cus|team|wrkspc|req|msg_req)[-_](?:(?=[A-Za-z0-9]*\d)[A-Za-z0-9]{6,}|[A-Za-z0-9]{16,})/g,
  /\barn:[\w-]+:[^\s"'`,;)\]}]+/g, // Resources of AWS, with the number of the account.
  /(?<=\b(?:projects?|organizations?|folders?|billingAccounts|subscriptions|resourceGroups)\/)[^/\s'"`,;)?\\]+/gi,
];
