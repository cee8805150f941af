// What the subjects stand in front of: nginx with fixed answers, and a Node process that streams at a fixed rate.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chatCompletion, streamEnd, streamHead, streamToken } from './chat-body.ts';
import { type Child, freePort, startUntilLine, startUntilListening } from './child.ts';

/** Base addresses, `/v1` included. All answer POST /v1/chat/completions, whatever the body. */
export interface Upstreams {
  /** One fixed chat completion. */
  readonly static: string;
  /** A stream of `fixedStreamTokens` tokens, all at once. */
  readonly fixedStream: string;
  /** A stream at a fixed rate. */
  readonly paced: string;
  /** The same with five tokens only. */
  readonly short: string;
  stop(): Promise<void>;
}

/** Tokens in the answer of the fixed stream. */
export const fixedStreamTokens = 200;

/** Starts them. Their files go to `folder`. A paced stream lasts `pacedSeconds`. */
export async function startUpstreams(
  folder: string,
  pacedSeconds: number,
  tokensPerSecond: number,
): Promise<Upstreams> {
  const [plainPort, streamPort] = [await freePort(), await freePort()];
  const nginx = await startNginx(folder, plainPort, streamPort);
  const { child: paced, said: pacedPort } = await startUntilLine(
    {
      command: process.execPath,
      args: [
        join(import.meta.dirname, 'paced-upstream.ts'),
        String(pacedSeconds * tokensPerSecond),
        String(tokensPerSecond),
      ],
    },
    (line) => /^port (\d+)$/.exec(line)?.[1],
  );
  return {
    static: `http://127.0.0.1:${plainPort}/v1`,
    fixedStream: `http://127.0.0.1:${streamPort}/v1`,
    paced: `http://127.0.0.1:${pacedPort}/v1`,
    short: `http://127.0.0.1:${pacedPort}/short/v1`,
    stop: async () => {
      await Promise.all([nginx.stop(), paced.stop()]);
    },
  };
}

function startNginx(folder: string, plainPort: number, streamPort: number): Promise<Child> {
  const root = join(folder, 'nginx');
  mkdirSync(root, { recursive: true });
  const tokens = Array.from({ length: fixedStreamTokens }, (_, index) => streamToken(`token${index} `)).join('');
  writeFileSync(join(root, 'completion.json'), chatCompletion());
  writeFileSync(join(root, 'stream.txt'), streamHead() + tokens + streamEnd(fixedStreamTokens));
  writeFileSync(join(root, 'nginx.conf'), nginxConfig(root, plainPort, streamPort));
  // -e: Debian's build would open /var/log/nginx/error.log before it reads the configuration.
  const args = ['-e', join(root, 'error.log'), '-c', join(root, 'nginx.conf'), '-g', 'daemon off;'];
  const env = { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin` };
  return startUntilListening({ command: 'nginx', args, env }, plainPort);
}

/** nginx serves files only to GET; error_page 405 =200 is the usual way to give one to a POST. */
function nginxConfig(root: string, plainPort: number, streamPort: number): string {
  const server = (port: number, file: string, type: string): string => `
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / { return 200; }
    location /v1/chat/completions {
      default_type ${type};
      error_page 405 =200 /${file};
      root ${root};
      try_files /${file} =404;
    }
    location = /${file} { root ${root}; default_type ${type}; }
  }`;
  return `
worker_processes 1;
pid ${root}/nginx.pid;
error_log ${root}/error.log;
events { worker_connections 4096; }
http {
  access_log off;
  keepalive_requests 1000000000;
  client_body_temp_path ${root}/body;
  proxy_temp_path ${root}/proxy;
  fastcgi_temp_path ${root}/fastcgi;
  uwsgi_temp_path ${root}/uwsgi;
  scgi_temp_path ${root}/scgi;
  tcp_nodelay on;
  sendfile on;
  open_file_cache max=16;
  ${server(plainPort, 'completion.json', 'application/json')}
  ${server(streamPort, 'stream.txt', 'text/event-stream')}
}
`;
}
