import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, describe, test } from 'node:test';
import { failsWith } from '../../../test/fixtures/failures.ts';
import { SluiceError } from '../../core/error.ts';
import { type PullProgress, pullModel } from './pull.ts';

const commit = 'c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00';
const weights = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 31) % 251));
const small: Record<string, string> = {
  'config.json': '{"model_type":"bert"}',
  'tokenizer.json': '{"version":"1.0"}',
  '1_Pooling/config.json': '{"pooling_mode_mean_tokens":true}',
  'pytorch_model.bin': 'never fetched',
};

const hex = (algorithm: string, ...parts: (string | Buffer)[]): string => {
  const hash = createHash(algorithm);
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
};

/** A hub on a free port of this machine: metadata, redirects to a content path, ranges. What goes wrong is set per test. */
interface Behaviour {
  /** Send this much and then hold the line until `cutLine`. */
  holdAfterBytes?: number;
  corrupt?: boolean;
  ignoreRange?: boolean;
  extraFiles?: object[];
  withoutWeights?: boolean;
}
let behaviour: Behaviour = {};
let cutLine: () => void = () => undefined;
const seen: { url: string; range: string | undefined }[] = [];

function listing(): object {
  const siblings: object[] = Object.entries(small).map(([rfilename, content]) => ({
    rfilename,
    size: content.length,
    blobId: hex('sha1', `blob ${content.length}\0`, content),
  }));
  const lfs = { sha256: hex('sha256', weights), size: weights.length, pointerSize: 134 };
  if (behaviour.withoutWeights !== true)
    siblings.push({ rfilename: 'onnx/model.onnx', size: weights.length, blobId: 'x', lfs });
  return { sha: commit, siblings: [...siblings, ...(behaviour.extraFiles ?? [])] };
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  const url = request.url ?? '';
  seen.push({ url, range: request.headers.range });
  if (url === '/api/models/acme/mini/revision/main?blobs=true') {
    response.setHeader('content-type', 'application/json').end(JSON.stringify(listing()));
    return;
  }
  const path = url.split(`/acme/mini/resolve/${commit}/`)[1];
  if (path === 'onnx/model.onnx') {
    response.writeHead(302, { location: '/content/weights' }).end();
    return;
  }
  if (url === '/content/weights') {
    sendWeights(request, response);
    return;
  }
  const content = path === undefined ? undefined : small[path];
  if (content === undefined) response.writeHead(404).end();
  else response.end(content);
}

function sendWeights(request: IncomingMessage, response: ServerResponse): void {
  const asked = /^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1];
  const from = asked === undefined || behaviour.ignoreRange === true ? 0 : Number(asked);
  const body = Buffer.from(weights.subarray(from));
  if (behaviour.corrupt === true) body[body.length - 1]! ^= 1;
  const headers = { 'content-length': body.length };
  if (from > 0)
    response.writeHead(206, { ...headers, 'content-range': `bytes ${from}-${weights.length - 1}/${weights.length}` });
  else response.writeHead(200, headers);
  if (behaviour.holdAfterBytes === undefined) response.end(body);
  else {
    cutLine = () => response.destroy();
    response.write(body.subarray(0, behaviour.holdAfterBytes));
  }
}

const server = createServer(answer).listen(0, '127.0.0.1');
await once(server, 'listening');
const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const root = await mkdtemp(join(tmpdir(), 'sluice-pull-'));
describe('models pull', () => {
  after(async () => {
    server.closeAllConnections();
    server.close();
    await rm(root, { recursive: true, force: true });
  });

  let directory = root;
  let round = 0;
  beforeEach(() => {
    behaviour = {};
    seen.length = 0;
    directory = join(root, String(round++));
  });

  const pull = (onProgress?: (progress: PullProgress) => void) =>
    pullModel({
      repo: 'acme/mini',
      directory,
      baseUrl,
      signal: new AbortController().signal,
      ...(onProgress === undefined ? {} : { onProgress }),
    });

  /** Cuts the connection once some of the weights have arrived. */
  async function pullAndBreak(): Promise<void> {
    behaviour.holdAfterBytes = 100_000;
    const running = pull(({ file }) => {
      if (file === 'onnx/model.onnx') cutLine();
    });
    await assert.rejects(running, failsWith('upstream_unavailable'));
    behaviour = {};
  }

  test('pull: fetches what the engine needs, at the commit of the listing, verified and with progress', async () => {
    const progress: PullProgress[] = [];
    const pulled = await pull((step) => progress.push(step));
    assert.equal(pulled.directory, join(directory, 'acme', 'mini'));
    assert.deepEqual(
      pulled.files.map((file) => file.path),
      ['config.json', 'tokenizer.json', '1_Pooling/config.json', 'onnx/model.onnx'],
    );
    assert.equal(pulled.files.at(-1)?.sha256, hex('sha256', weights));
    assert.ok(weights.equals(await readFile(join(pulled.directory, 'onnx/model.onnx'))));
    assert.deepEqual(progress.at(-1), { file: 'onnx/model.onnx', receivedBytes: 300_000, totalBytes: 300_000 });
  });

  test('pull: a second run asks for the listing only', async () => {
    await pull();
    seen.length = 0;
    await pull();
    assert.equal(seen.length, 1);
  });

  test('pull: goes on where a broken connection stopped', async () => {
    await pullAndBreak();
    const [part] = await readdir(join(directory, 'acme/mini/onnx'));
    assert.match(part ?? '', /\.part$/);
    seen.length = 0;
    const pulled = await pull();
    const range = seen.find((request) => request.url === '/content/weights')?.range;
    assert.match(range ?? '', /^bytes=[1-9]\d*-$/);
    assert.ok(weights.equals(await readFile(join(pulled.directory, 'onnx/model.onnx'))));
    assert.deepEqual(await readdir(join(directory, 'acme/mini/onnx')), ['model.onnx']);
  });

  test('pull: starts again when the server does not know ranges', async () => {
    await pullAndBreak();
    behaviour.ignoreRange = true;
    const pulled = await pull();
    assert.ok(weights.equals(await readFile(join(pulled.directory, 'onnx/model.onnx'))));
  });

  test('pull: a wrong checksum is refused, nothing is left under the name, and the next run succeeds', async () => {
    behaviour.corrupt = true;
    await assert.rejects(pull(), failsWith('upstream_malformed'));
    assert.deepEqual(await readdir(join(directory, 'acme/mini/onnx')), []);
    behaviour = {};
    await pull();
  });

  test('pull: a small file that git would not know is refused', async () => {
    behaviour.extraFiles = [{ rfilename: 'README.md', size: 5, blobId: '0'.repeat(40) }];
    small['README.md'] = 'wrong';
    await assert.rejects(pull(), failsWith('upstream_malformed'));
    delete small['README.md'];
  });

  test('pull: a damaged file on disk is fetched again', async () => {
    const { directory: model } = await pull();
    const path = join(model, 'onnx/model.onnx');
    await writeFile(path, Buffer.alloc(weights.length));
    await pull();
    assert.ok(weights.equals(await readFile(path)));
  });

  test('pull: a path that leaves the directory is never written', async () => {
    behaviour.extraFiles = [{ rfilename: '../../LICENSE', size: 1, blobId: '0'.repeat(40) }];
    const pulled = await pull();
    assert.ok(!pulled.files.some((file) => file.path.includes('..')));
  });

  test('pull: a repository without weights that can be run is refused by name', async () => {
    behaviour.withoutWeights = true;
    await assert.rejects(pull(), failsWith('invalid_request'));
  });

  test('pull: a repository that does not exist, and a name that is none', async () => {
    const signal = new AbortController().signal;
    await assert.rejects(pullModel({ repo: 'acme/none', directory, baseUrl, signal }), failsWith('not_found'));
    await assert.rejects(pullModel({ repo: '../../etc', directory, baseUrl, signal }), failsWith('invalid_request'));
  });

  test('pull: says what to do when there is no network', async () => {
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const port = (closed.address() as AddressInfo).port;
    closed.close();
    const signal = new AbortController().signal;
    await assert.rejects(
      pullModel({ repo: 'acme/mini', directory, baseUrl: `http://127.0.0.1:${port}`, signal }),
      (error: unknown) =>
        error instanceof SluiceError &&
        error.reason === 'upstream_unavailable' &&
        /copy the model folder/.test(error.message),
    );
  });

  test('pull: an abort stops it with the reason of the signal and keeps what arrived', async () => {
    const controller = new AbortController();
    const running = pullModel({
      repo: 'acme/mini',
      directory,
      baseUrl,
      signal: controller.signal,
      onProgress: ({ file }) => {
        if (file === 'onnx/model.onnx') controller.abort(new SluiceError('cancelled'));
      },
    });
    await assert.rejects(running, failsWith('cancelled'));
    await pull();
  });
});
