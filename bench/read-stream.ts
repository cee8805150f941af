// A client of streamed chat completions that does as little as a correct client can: it finds the tokens in the bytes, counts
// them and hands each one's text on.

import type { Dispatcher } from 'undici';
import { chatBody } from './chat-body.ts';
import type { Target } from './subject.ts';

const contentMark = '"content":"';

/** Finds the non-empty `content` of events, wherever the bytes are cut. */
export class TokenScanner {
  #rest = '';
  readonly #onToken: (content: string) => void;
  /** True once `[DONE]` was seen. */
  done = false;

  constructor(onToken: (content: string) => void) {
    this.#onToken = onToken;
  }

  push(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      const start = line.indexOf(contentMark);
      if (start !== -1 && line[start + contentMark.length] !== '"') {
        this.#onToken(line.slice(start + contentMark.length, line.indexOf('"', start + contentMark.length)));
      } else if (line.startsWith('data: [DONE]')) this.done = true;
    }
  }
}

/** Sends one streamed request. Resolves to true when it ended with 2xx and `[DONE]`, else to false. */
export function readStream(
  dispatcher: Dispatcher,
  { url, headers, model }: Target,
  onToken: (content: string) => void,
): Promise<boolean> {
  const { origin, pathname } = new URL(url);
  const scanner = new TokenScanner(onToken);
  const decoder = new TextDecoder();
  return new Promise((resolve) => {
    let isOk = false;
    dispatcher.dispatch(
      { origin, path: pathname, method: 'POST', headers: { ...headers }, body: chatBody(model, true) },
      {
        onRequestStart: () => {}, // undici asks for it
        onResponseStart: (_controller, statusCode) => {
          isOk = statusCode < 300;
        },
        onResponseData: (_controller, chunk) => scanner.push(decoder.decode(chunk, { stream: true })),
        onResponseEnd: () => resolve(isOk && scanner.done),
        onResponseError: () => resolve(false),
      },
    );
  });
}
