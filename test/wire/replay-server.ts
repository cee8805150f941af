// The vendors' side of a replay: answers every request with the recording at hand, in the pieces that a test asks for.

import { startUpstream, type Upstream } from '../fixtures/upstream.ts';
import type { Recording } from './recordings.ts';

/** Cuts a body into the pieces in which it is sent. */
export type Chunking = (body: Buffer) => readonly Buffer[];

/** The whole body as one piece. */
export const whole: Chunking = (body) => [body];

/** How a recording is played. */
export interface Playing {
  /** Default: the whole body as one piece. */
  readonly chunking?: Chunking;
  /** Default: the body ends well. */
  readonly ending?: 'end' | 'cut' | 'reset';
}

/** A running replay. */
export interface ReplayServer {
  /** `http://127.0.0.1:port/v1`; every path below it answers. */
  readonly baseUrl: string;
  /** What is answered from now on. */
  play(recording: Recording, playing?: Playing): void;
  /** What was asked since the last `play`. */
  readonly asked: readonly { readonly path: string; readonly body: string }[];
  close(): Promise<void>;
}

/** Starts a server. */
export async function startReplayServer(): Promise<ReplayServer> {
  const upstream: Upstream = await startUpstream();
  return {
    baseUrl: upstream.baseUrl,
    play(recording, { chunking = whole, ending = 'end' } = {}) {
      upstream.exchanges.length = 0;
      const pieces = chunking(Buffer.from(recording.body));
      upstream.script = async (exchange) => {
        exchange.head(recording.status, { ...recording.headers });
        for (const piece of pieces) await exchange.write(piece);
        exchange[ending]();
      };
    },
    get asked() {
      return upstream.exchanges;
    },
    close: () => upstream.close(),
  };
}
