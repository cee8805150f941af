// The request that every client of the benchmark sends, and the answers of its upstreams.

/** The name under which subjects that need one know the upstream's model. */
export const modelName = 'bench';

/** A chat completion request of about 1 KB: a system prompt, one exchange and a question. */
export function chatBody(model: string, stream: boolean): string {
  const filler =
    'The order has left the warehouse and the carrier has confirmed that it will arrive on the next working day. ';
  return JSON.stringify({
    model,
    ...(stream ? { stream: true, stream_options: { include_usage: true } } : {}),
    temperature: 0.2,
    max_tokens: 256,
    messages: [
      { role: 'system', content: `You answer questions of customers, in short sentences. ${filler.repeat(3)}` },
      { role: 'user', content: 'Where is my order number 48213?' },
      { role: 'assistant', content: filler.trim() },
      { role: 'user', content: `Can I still change the address of the delivery? ${filler.repeat(2)}` },
    ],
  });
}

/** The one answer of the static upstream. */
export function chatCompletion(): string {
  return JSON.stringify({
    id: 'chatcmpl-bench',
    object: 'chat.completion',
    created: 1_760_000_000,
    model: modelName,
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: 'Yes, until the carrier has scanned it. Open the order and choose a new address.',
        },
        finish_reason: 'stop',
      },
    ],
    usage: { prompt_tokens: 168, completion_tokens: 19, total_tokens: 187 },
  });
}

/** The events of a streamed answer, `data:` line and blank line included: first the role, then tokens, then the end. */
export function streamHead(): string {
  return event({ role: 'assistant', content: '' }, null);
}

/** One token. `content` is what a client sees of it. */
export function streamToken(content: string): string {
  return event({ content }, null);
}

/** The finish reason, the usage and `[DONE]`. */
export function streamEnd(tokens: number): string {
  const usage = { prompt_tokens: 168, completion_tokens: tokens, total_tokens: 168 + tokens };
  return `${event({}, 'stop')}data: ${JSON.stringify({ ...chunk, choices: [], usage })}\n\ndata: [DONE]\n\n`;
}

const chunk = {
  id: 'chatcmpl-bench',
  object: 'chat.completion.chunk',
  created: 1_760_000_000,
  model: modelName,
} as const;

function event(delta: { readonly role?: string; readonly content?: string }, finishReason: string | null): string {
  return `data: ${JSON.stringify({ ...chunk, choices: [{ index: 0, delta, finish_reason: finishReason }] })}\n\n`;
}
