// The stream of one answer as Anthropic's named server-sent events: message_start, content blocks, message_delta,
// message_stop. A stream that fails ends in an `error` event and never has a message_stop.

import type { SluiceError } from '../../core/error.ts';
import type { AnswerPart, Ending } from '../../core/predict.ts';
import { zeroUsage } from '../../core/usage.ts';
import type { StreamEncoder } from '../dialect.ts';
import { spokenByField } from '../spoken-by.ts';
import { BlockStream } from './block-stream.ts';
import { completeContainer } from './complete-fields.ts';
import { renderErrorBody } from './render-error.ts';
import { fingerprintOf, openMessage } from './render-message.ts';
import type { BlockDelta, MessageEvent } from './response-body.ts';
import { stopFieldsOf } from './stop-reason.ts';
import { toAnthropicUsage } from './usage.ts';

/**
 * Writes one stream. Most vendors say only at the end how many tokens the input had; then `message_start` says 0. In any case
 * `message_delta` carries the true, whole figures and fields, which Anthropic's clients take over.
 */
export function createMessageStreamEncoder(requestId: string): StreamEncoder {
  let text = '';
  let hasRefusal = false;
  const write = (event: MessageEvent): void => {
    text += event.type === 'content_block_delta' ? deltas.frame(event.index, event.delta) : frame(event);
  };
  const deltas = new DeltaFrames();
  const blocks = new BlockStream(write);

  const encode = (part: AnswerPart): void => {
    switch (part.type) {
      case 'start':
        write({ type: 'message_start', message: openMessage(part, part.inputUsage ?? zeroUsage, part.extra) });
        return;
      case 'end':
        blocks.finish();
        write(messageDelta(part, blocks.hasToolCall, hasRefusal));
        write({ type: 'message_stop' });
        return;
      default:
        hasRefusal ||= part.type === 'refusal-delta';
        blocks.add(part);
    }
  };

  return {
    encode(part) {
      encode(part);
      const events = text;
      text = '';
      return events;
    },
    fail: (error) => errorFrame(error, requestId),
    keepAlive: () => frame({ type: 'ping' }),
  };
}

/** Fields of the answer that have no name here go out under their own, unless that would hide one of ours. */
function messageDelta(ending: Ending, hasToolCall: boolean, hasRefusal: boolean): MessageEvent {
  const { container, stop_details = null, ...extra } = ending.extra ?? {};
  return {
    ...extra,
    ...spokenByField(ending),
    ...fingerprintOf(ending),
    type: 'message_delta',
    delta: {
      ...stopFieldsOf(ending, { hasToolCall, hasRefusal }),
      stop_details,
      container: completeContainer(container),
    },
    usage: toAnthropicUsage(ending.usage),
  };
}

function frame(event: MessageEvent): string {
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}

/** Frames of the deltas that come by the thousand: what those of one block have in common is written once. */
class DeltaFrames {
  #index: number = -1;
  #type: BlockDelta['type'] | undefined;
  #head: string = '';

  frame(index: number, delta: BlockDelta): string {
    switch (delta.type) {
      case 'text_delta':
        return this.#textFrame(index, delta.type, 'text', delta.text);
      case 'thinking_delta':
        return this.#textFrame(index, delta.type, 'thinking', delta.thinking);
      case 'input_json_delta':
        return this.#textFrame(index, delta.type, 'partial_json', delta.partial_json);
      default:
        return frame({ type: 'content_block_delta', index, delta });
    }
  }

  #textFrame(index: number, type: BlockDelta['type'], field: string, text: string): string {
    if (index !== this.#index || type !== this.#type) {
      this.#index = index;
      this.#type = type;
      const start = `{"type":"content_block_delta","index":${index},"delta":{"type":"${type}","${field}":`;
      this.#head = `event: content_block_delta\ndata: ${start}`;
    }
    return `${this.#head}${JSON.stringify(text)}}}\n\n`;
  }
}

function errorFrame(error: SluiceError, requestId: string): string {
  return `event: error\ndata: ${renderErrorBody(error, requestId)}\n\n`;
}
