// A conversation as one prompt, for servers that continue text and know no roles. Which words a model was trained to see around a
// turn is the model's own matter: the configuration names a template or writes one.

import { SluiceError } from '../../core/error.ts';
import type { ContentPart, Message } from '../../core/message.ts';
import { type RequestTranslation, type TurnPlace, unsupported } from '../translation/request-translation.ts';

/** The turns of a conversation; `{text}` stands for what was said. The prompt is all turns in order, and then `opening`. */
export interface PromptTemplate {
  readonly system: string;
  readonly user: string;
  readonly assistant: string;
  /** Begins the turn that the model is to write. */
  readonly opening: string;
}

/** The name of a template. */
export type PromptTemplateName = 'plain' | 'chatml' | 'llama3';

/** Templates by name. The marks of the begin and end of the whole text are left to the server's tokenizer. */
export const promptTemplates: Readonly<Record<PromptTemplateName, PromptTemplate>> = {
  /** Words that any base model understands a little. */
  plain: { system: '{text}\n\n', user: 'User: {text}\n', assistant: 'Assistant: {text}\n', opening: 'Assistant:' },
  /** Qwen, Yi, many fine-tunes. */
  chatml: {
    system: '<|im_start|>system\n{text}<|im_end|>\n',
    user: '<|im_start|>user\n{text}<|im_end|>\n',
    assistant: '<|im_start|>assistant\n{text}<|im_end|>\n',
    opening: '<|im_start|>assistant\n',
  },
  /** Llama 3 and later. */
  llama3: {
    system: '<|start_header_id|>system<|end_header_id|>\n\n{text}<|eot_id|>',
    user: '<|start_header_id|>user<|end_header_id|>\n\n{text}<|eot_id|>',
    assistant: '<|start_header_id|>assistant<|end_header_id|>\n\n{text}<|eot_id|>',
    opening: '<|start_header_id|>assistant<|end_header_id|>\n\n',
  },
};

/**
 * The prompt. What earlier answers held beside their texts (thoughts, calls), names, and fields without a name here that change nothing
 * are left out and reported; an answer of which nothing is left has no turn. Throws `unsupported_capability` for what else is not
 * text (results of tools, pictures, sound, files), and `invalid_request` where a text holds one of the template's own marks: it would end its
 * turn and speak as somebody else.
 */
export function renderPrompt(
  messages: readonly Message[],
  template: PromptTemplate,
  translation: RequestTranslation,
): string {
  const marks = marksOf(template);
  let prompt = '';
  for (const [index, message] of messages.entries()) {
    const path = `messages[${index}]`;
    const param = `${path}.content`;
    if (message.name !== undefined) translation.downgrade('name');
    translation.leaveOutTurnExtra(message.extra, { path, role: message.role });
    const text = textOf(message.content, { path: param, role: message.role }, translation);
    if (message.role === 'tool') throw unsupported('results of tools', param);
    const forged = marks.find((mark) => text.includes(mark));
    if (forged !== undefined) {
      const problem = `${param} holds ${forged}, which the model's prompts use to tell turns apart.`;
      throw new SluiceError('invalid_request', { message: problem, param });
    }
    if (text === '' && message.role === 'assistant') continue;
    const turn = template[message.role === 'developer' ? 'system' : message.role];
    prompt += turn.split('{text}').join(text);
  }
  return prompt + template.opening;
}

/** `<|…|>`, `[INST]` and their kind: what a tokenizer reads as one token with a meaning. */
function marksOf(template: PromptTemplate): string[] {
  const all = `${template.system}${template.user}${template.assistant}${template.opening}`;
  return [...new Set(all.match(/<\|[^|<>]+\|>|\[\/?[A-Z_]+\]|<\/?s>/g) ?? [])];
}

function textOf(content: readonly ContentPart[], place: TurnPlace, translation: RequestTranslation): string {
  let text = '';
  for (const [index, part] of content.entries()) {
    if ('extra' in part) translation.leaveOutTurnExtra(part.extra, { ...place, path: `${place.path}[${index}]` });
    if (part.type === 'text' && part.annotations !== undefined) translation.downgrade('annotations');
    if (part.type === 'text' || part.type === 'refusal') text += part.text;
    else leaveOut(part, place, translation);
  }
  return text;
}

/** What an answer held beside its text is reported; what a caller says itself would be missed. */
function leaveOut(part: ContentPart, place: TurnPlace, translation: RequestTranslation): void {
  if (part.type === 'opaque') translation.leaveOutPart(part, place);
  else if (part.type === 'tool-call') translation.downgrade('tool_calls');
  else if (part.type === 'reasoning' || place.role === 'assistant') translation.downgrade(part.type);
  else throw unsupported(`content of type ${part.type}`, place.path);
}
