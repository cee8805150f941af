// An upstream that streams tokens at a fixed rate to any number of clients, as a model server does. Each token is the moment
// at which it was sent (microseconds of the machine's monotonic clock), so that a client on the same machine sees how long it
// was under way. Prints its port once it listens. Arguments: tokens per stream, tokens per second. Under `/short/` a stream has
// only a few tokens.

import { createServer, type ServerResponse } from 'node:http';
import { streamEnd, streamHead, streamToken } from './chat-body.ts';

interface Stream {
  readonly response: ServerResponse;
  readonly startMs: number;
  readonly tokens: number;
  sent: number;
}

const [longTokens = 400, tokensPerSecond = 50] = process.argv.slice(2).map(Number);

/** A tenth of a second at 50 tokens a second: many first tokens in a short measurement. */
const shortTokens = 5;

const streams = new Set<Stream>();

const server = createServer((request, response) => {
  request.resume().once('end', () => {
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' });
    response.write(streamHead());
    const tokens = request.url?.startsWith('/short/') === true ? shortTokens : longTokens;
    const stream: Stream = { response, startMs: performance.now(), tokens, sent: 0 };
    streams.add(stream);
    response.once('close', () => streams.delete(stream));
  });
});

// Each stream is due at its own moment, so a tick of 1 ms serves a few streams at a time. A late tick sends what is overdue:
// the rate holds even when this process is kept from running.
setInterval(() => {
  const nowMs = performance.now();
  for (const stream of streams) send(stream, nowMs);
}, 1);

function send(stream: Stream, nowMs: number): void {
  const due = Math.min(stream.tokens, Math.floor(((nowMs - stream.startMs) / 1000) * tokensPerSecond) + 1);
  if (due <= stream.sent) return;
  const token = streamToken(`${process.hrtime.bigint() / 1000n} `);
  stream.response.write(token.repeat(due - stream.sent));
  stream.sent = due;
  if (stream.sent < stream.tokens) return;
  stream.response.end(streamEnd(stream.tokens));
  streams.delete(stream);
}

server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  console.log(`port ${address !== null && typeof address === 'object' ? address.port : 0}`);
});
