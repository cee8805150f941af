// Refuses a prompt that cannot fit before anything is tokenised: tokenising megabytes would hold up every other call of the
// model's thread.

import { SluiceError } from '../../core/error.ts';
import { maxCharactersPerToken, maxPromptCharacters } from './defaults.ts';
import type { GenerateRequest } from './engine/protocol.ts';

/**
 * Throws `context_length_exceeded` when no tokenizer could make the conversation fit into `contextTokens`: each message takes
 * a token at least, and a token stands for so many characters at most. `contextTokens` is undefined while it is unknown.
 */
export function checkPromptSize(request: GenerateRequest, contextTokens: number | undefined): void {
  const { messages, prompt = '' } = request;
  const characters = messages.reduce((sum, message) => sum + message.text.length, prompt.length);
  const context = contextTokens ?? Number.POSITIVE_INFINITY;
  const mostCharacters = Math.min(context * maxCharactersPerToken, maxPromptCharacters);
  if (messages.length <= context && characters <= mostCharacters) return;
  const count = request.prompt === undefined ? `${messages.length} messages with ` : '';
  const has = `${count}${characters} characters`;
  const fits = contextTokens === undefined ? `at most ${maxPromptCharacters} characters` : `${contextTokens} tokens`;
  throw new SluiceError('context_length_exceeded', {
    message: `The prompt has ${has}, and the model's context has ${fits}.`,
    param: request.prompt === undefined ? 'messages' : 'prompt',
  });
}
