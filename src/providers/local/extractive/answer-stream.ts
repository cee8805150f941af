// Streams a finished text token by token under the caller's limits, as if it were being generated: real tokens, stop
// sequences, token limit, cancellation.

import { abortReason } from '../../../core/error.ts';
import type { GeneratedEnding, GeneratedPart, GenerateRequest } from '../engine/protocol.ts';
import type { TextTokenizer } from '../engine/text-tokenizer.ts';
import { createDetokenizer } from '../generator/detokenizer.ts';
import { createStopMatcher } from '../generator/stop-matcher.ts';

/** Yields the text of the tokens and returns how it ended, as far as the output goes. */
export async function* streamText(
  tokens: readonly number[],
  tokenizer: TextTokenizer,
  request: Pick<GenerateRequest, 'stop' | 'maxOutputTokens'>,
  signal: AbortSignal,
): AsyncGenerator<GeneratedPart, Omit<GeneratedEnding, 'inputTokens'>, undefined> {
  const detokenizer = createDetokenizer(tokenizer.decode);
  const stops = createStopMatcher(request.stop);
  const limit = request.maxOutputTokens ?? tokens.length;
  let outputTokens = 0;
  for (const token of tokens.slice(0, limit)) {
    if (signal.aborted) throw abortReason(signal);
    outputTokens += 1;
    const { text, matched } = stops.add(detokenizer.add(token));
    if (text !== '') yield { text };
    if (matched !== undefined) return { finishReason: 'stop', stopSequence: matched, outputTokens };
  }
  const { text, matched } = stops.add(detokenizer.rest());
  const rest = matched === undefined ? text + stops.rest() : text;
  if (rest !== '') yield { text: rest };
  if (matched !== undefined) return { finishReason: 'stop', stopSequence: matched, outputTokens };
  return { finishReason: tokens.length > limit ? 'length' : 'stop', outputTokens };
}
