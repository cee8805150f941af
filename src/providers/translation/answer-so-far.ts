// A request that has the beginning of its own answer, for vendors that go on from there.

import type { ContentPart, Message } from '../../core/message.ts';
import type { PredictRequest } from '../../core/predict.ts';

/**
 * The request with the text as the last turn, the assistant's; of a raw prompt, the prompt with the text behind it. Where the caller has
 * begun the answer himself, the text goes right behind his words.
 */
export function withAnswerSoFar(request: PredictRequest, said: string): PredictRequest {
  if (request.prompt !== undefined) return { ...request, prompt: request.prompt + said };
  const { messages } = request;
  const last = messages.at(-1);
  const begun = last?.content.at(-1);
  if (last?.role !== 'assistant' || begun?.type !== 'text') return { ...request, messages: [...messages, turn(said)] };
  const content: ContentPart[] = [...last.content.slice(0, -1), { ...begun, text: begun.text + said }];
  return { ...request, messages: [...messages.slice(0, -1), { ...last, content }] };
}

/** True when the last turn is the assistant's: whether the answer goes on behind it or begins anew is for each vendor to say. */
export function endsWithAssistant({ messages }: PredictRequest): boolean {
  return messages.at(-1)?.role === 'assistant';
}

function turn(text: string): Message {
  return { role: 'assistant', content: [{ type: 'text', text }] };
}
