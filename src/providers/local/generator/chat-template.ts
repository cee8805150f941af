// Turns a conversation into the prompt of a model, with the Jinja template that the model was trained with.

import { Template } from '@huggingface/jinja';
import { SluiceError } from '../../../core/error.ts';
import { isJsonObject, type JsonObject } from '../../../core/json.ts';
import { invalid, readJson, readText } from '../engine/model-directory.ts';
import type { EngineMessage } from '../engine/protocol.ts';

/** Writes prompts. */
export interface ChatTemplate {
  /**
   * The prompt up to where the assistant's turn begins. Texts that spell a control token are broken up, so that a user cannot
   * forge turns. Rejects with `invalid_request` when the template refuses the conversation.
   */
  render(messages: readonly EngineMessage[]): string;
}

/**
 * Reads the template of a model directory: `chat_template.jinja`, or `chat_template` in tokenizer_config.json (a text, or a
 * list of named templates of which `default` is used). Rejects with `config_invalid` when there is none.
 */
export async function loadChatTemplate(dir: string, controlTokens: readonly string[]): Promise<ChatTemplate> {
  const config = (await readJson(dir, 'tokenizer_config.json')) ?? {};
  const source = (await readText(dir, 'chat_template.jinja')) ?? templateOf(config);
  if (source === undefined) throw invalid(dir, 'no chat template: the model is not made for conversations');
  let template: Template;
  try {
    template = new Template(source);
  } catch (cause) {
    throw invalid(dir, 'the chat template cannot be parsed', cause);
  }
  const tokens = { bos_token: tokenText(config['bos_token']), eos_token: tokenText(config['eos_token']) };
  return {
    render(messages) {
      const turns = messages.map(({ role, text }) => ({ role, content: broken(text, controlTokens) }));
      try {
        return template.render({ messages: turns, add_generation_prompt: true, ...tokens });
      } catch (cause) {
        // Templates use raise_exception for conversations that the model was not trained on, such as two user turns in a row.
        throw new SluiceError('invalid_request', {
          message: 'The chat template of the model refuses this order of messages.',
          param: 'messages',
          detail: cause instanceof Error ? cause.message : String(cause),
          cause,
        });
      }
    },
  };
}

function templateOf(config: JsonObject): string | undefined {
  const value = config['chat_template'];
  if (typeof value === 'string') return value;
  if (!Array.isArray(value)) return undefined;
  const named = value.filter(isJsonObject).find((entry) => entry['name'] === 'default');
  return typeof named?.['template'] === 'string' ? named['template'] : undefined;
}

/** Special tokens are a text or an object with the text in `content`. */
function tokenText(value: unknown): string {
  if (typeof value === 'string') return value;
  return isJsonObject(value) && typeof value['content'] === 'string' ? value['content'] : '';
}

/** Puts a zero-width space behind the first character of every control token. */
function broken(text: string, controlTokens: readonly string[]): string {
  let safe = text;
  for (const token of controlTokens) {
    if (token.length > 1) safe = safe.replaceAll(token, `${token[0]}\u200b${token.slice(1)}`);
  }
  return safe;
}
