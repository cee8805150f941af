// Fields of a body that change no answer.

/**
 * Accounting, caching, storage and speed: left out and reported by every target that has no place for them. Servers refuse unknown
 * fields as often as they ignore them, hence none of these is passed on to try. Targets add what is a hint to them alone.
 */
export const bodyHints: ReadonlySet<string> = new Set([
  'anthropic_beta', // A header of Anthropic's; what a feature needs beside it has fields of its own.
  'cache_control',
  'client_metadata',
  'include',
  'max_tool_calls', // Counts only tools that the vendor runs, which would be refused.
  'metadata',
  'prediction', // It only makes an answer quicker.
  'prompt_cache_key',
  'prompt_cache_options',
  'prompt_cache_retention',
  'safety_identifier',
  'service_tier',
  'store',
  'stream_options',
  'truncation',
  'user',
]);
