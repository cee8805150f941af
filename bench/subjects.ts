// Starts the subjects by name.

import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { modelName } from './chat-body.ts';
import { type Child, freePort, type Program, startUntilLine, startUntilListening } from './child.ts';
import type { Subject, UpstreamName } from './subject.ts';
import type { Upstreams } from './upstream.ts';

const root = join(import.meta.dirname, '..');

/** Starts a subject. Its files go to `folder`. Rejects when it does not get ready. */
export function startSubject(name: string, upstreams: Upstreams, folder: string): Promise<Subject> {
  const start = starters[name];
  if (start === undefined) throw new Error(`no subject ${name}`);
  const ownFolder = join(folder, name);
  mkdirSync(ownFolder, { recursive: true });
  return start(upstreams, ownFolder);
}

type Starter = (upstreams: Upstreams, folder: string) => Promise<Subject>;

const starters: Readonly<Record<string, Starter>> = {
  bare: startBare,
  sluice: startSluice,
  'sluice-separate': startSluiceSeparate,
  portkey: startPortkey,
};

const json = { 'content-type': 'application/json' };

async function startBare(upstreams: Upstreams): Promise<Subject> {
  return {
    name: 'bare',
    pids: [],
    target: (upstream) => ({ url: `${upstreams[upstream]}/chat/completions`, headers: json, model: modelName }),
    stop: async () => {},
  };
}

async function startSluice(upstreams: Upstreams, folder: string): Promise<Subject> {
  const { child, http } = await startRole('all', upstreams, folder, []);
  return sluiceSubject('sluice', http, createKey(folder), [child]);
}

/** Edge and inference as two processes, joined by gRPC. */
async function startSluiceSeparate(upstreams: Upstreams, folder: string): Promise<Subject> {
  const grpc = `127.0.0.1:${await freePort()}`;
  const inference = await startRole('inference', upstreams, join(folder, 'inference'), [`listen.grpc=${grpc}`]);
  const edgeFolder = join(folder, 'edge');
  const edge = await startRole('edge', upstreams, edgeFolder, [`inference=grpc://${grpc}`]);
  return sluiceSubject('sluice-separate', edge.http, createKey(edgeFolder), [edge.child, inference.child]);
}

/** Starts a role with the bench configuration, `set` on top, and reads where it listens. */
async function startRole(
  role: string,
  upstreams: Upstreams,
  folder: string,
  set: readonly string[],
): Promise<{ readonly child: Child; readonly http: string }> {
  mkdirSync(folder, { recursive: true });
  const config = join(folder, 'sluice.yaml');
  writeFileSync(config, sluiceConfig(upstreams));
  // As `npm start` starts it.
  const args = [
    '--max-semi-space-size=64',
    join(root, 'src/main.ts'),
    role,
    '--data-dir',
    folder,
    '--config',
    config,
    '--ready-json',
  ];
  const program: Program = { command: process.execPath, args: [...args, ...set.flatMap((value) => ['--set', value])] };
  const { child, said } = await startUntilLine(program, readReady);
  return { child, http: said.http ?? '' };
}

function readReady(line: string): { readonly http?: string } | undefined {
  if (!line.startsWith('{')) return undefined;
  const said: { ready?: boolean; http?: string } = JSON.parse(line);
  return said.ready === true ? said : undefined;
}

/** Everything that is on by default stays on; traces go to a receiver that takes them (nginx, which says 200 to all). */
function sluiceConfig(upstreams: Upstreams): string {
  const provider = (name: UpstreamName): string =>
    `  ${name}: { type: openai-compatible, baseUrl: "${upstreams[name]}", connections: 1000 }`;
  const model = (name: UpstreamName): string => `  ${name}: { targets: ["${name}/${modelName}"] }`;
  const names = ['static', 'fixedStream', 'paced', 'short'] as const;
  return `listen: { http: "127.0.0.1:0", admin: "127.0.0.1:0", grpc: "127.0.0.1:0" }
providers:
${names.map(provider).join('\n')}
models:
${names.map(model).join('\n')}
limits: { maxConcurrentRequests: 10000, maxConcurrentStreams: 2000, maxStreamsPerKey: 2000 }
telemetry: { otlp: { endpoint: "${new URL(upstreams.static).origin}" } }
`;
}

function createKey(folder: string): string {
  const args = [join(root, 'src/main.ts'), 'keys', 'create', '--data-dir', folder, '--name', 'bench', '--quiet'];
  const run = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (run.status !== 0) throw new Error(`sluice keys create failed: ${run.stdout}${run.stderr}`);
  return run.stdout.trim();
}

function sluiceSubject(name: string, http: string, key: string, children: readonly Child[]): Subject {
  const headers = { ...json, authorization: `Bearer ${key}` };
  return {
    name,
    pids: children.map(({ pid }) => pid),
    target: (upstream) => ({ url: `http://${http}/v1/chat/completions`, headers, model: upstream }),
    stop: async () => {
      for (const child of children) await child.stop();
    },
  };
}

async function startPortkey(upstreams: Upstreams): Promise<Subject> {
  const port = await freePort();
  const { version, folder } = packageOf('@portkey-ai/gateway');
  const preload = join(import.meta.dirname, 'portkey-preload.cjs');
  const args = ['--require', preload, join(folder, 'build/start-server.js'), `--port=${port}`, '--headless'];
  const child = await startUntilListening({ command: process.execPath, args }, port);
  return {
    name: 'portkey',
    note: `@portkey-ai/gateway ${version}, with a repair for streams (bench/portkey-preload.cjs): as installed it answers each with 500.`,
    pids: [child.pid],
    target: (upstream) => ({
      url: `http://127.0.0.1:${port}/v1/chat/completions`,
      headers: {
        ...json,
        authorization: 'Bearer any',
        'x-portkey-provider': 'openai',
        'x-portkey-custom-host': upstreams[upstream],
      },
      model: modelName,
    }),
    stop: () => child.stop(),
  };
}

function packageOf(name: string): { readonly version: string; readonly folder: string } {
  const folder = join(root, 'node_modules', name);
  const { version }: { version: string } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return { version, folder };
}
