import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { answerWith, refusingBaseUrl, startUpstream, type Upstream } from '../../../test/fixtures/upstream.ts';
import { runProgram } from '../program.ts';
import type { RecordedRow } from '../recorder/interaction.ts';
import { createTerminal } from '../terminal.ts';

/** A recorder that runs. */
interface Running {
  readonly url: string;
  /** Resolves when so many lines of notes were written that match. */
  noted(pattern: RegExp, count: number): Promise<string[]>;
  /** Stops it; resolves with the exit code. */
  stop(): Promise<number>;
}

async function start(...args: string[]): Promise<Running> {
  const stopping = new AbortController();
  const notes: string[] = [];
  let wake: () => void = () => {};
  const url = Promise.withResolvers<string>();
  const terminal = createTerminal(
    { write: (text) => url.resolve(text.trim()) },
    {
      write(text) {
        notes.push(text.trim());
        wake();
      },
    },
  );
  const ended = runProgram(['dev', 'record', '--listen', '127.0.0.1:0', ...args], {
    terminal,
    signal: stopping.signal,
    env: {},
  });
  const failed = ended.then((code) => Promise.reject(new Error(`ended with ${code}: ${notes.join('\n')}`)));
  const address = await Promise.race([url.promise, failed]);
  failed.catch(() => undefined);
  return {
    url: address,
    async noted(pattern, count) {
      for (;;) {
        const found = notes.filter((note) => pattern.test(note));
        if (found.length >= count) return found;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    stop() {
      stopping.abort();
      return ended;
    },
  };
}

describe('dev record', () => {
  let folder = '';
  let upstream: Upstream;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-record-'));
    upstream = await startUpstream();
  });
  after(async () => {
    await upstream.close();
    await rm(folder, { recursive: true });
  });

  async function rowsOf(file: string): Promise<RecordedRow[]> {
    const text = await readFile(file, 'utf8');
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as RecordedRow);
  }

  const post = (url: string, body: string): Promise<Response> =>
    fetch(`${url}/v1/chat/completions?api-version=1&key=hunter2hunter2`, {
      method: 'POST',
      headers: { authorization: 'Bearer sk-test-0123456789abcdef', 'content-type': 'application/json' },
      body,
    });

  test('dev record: a stream passes byte by byte and is written down with its cuts, without credentials', async () => {
    const out = join(folder, 'stream.jsonl');
    const events = ['data: {"choices":[{"delta":{"content":"Grü', 'ße"}}]}\n\n', 'data: [DONE]\n\n'];
    upstream.script = async (exchange) => {
      exchange.head(200, { 'content-type': 'text/event-stream', 'openai-organization': 'acme', 'set-cookie': 'c=1' });
      for (const event of events) await exchange.write(event);
      exchange.end();
    };
    const recorder = await start('--to', upstream.baseUrl.replace('/v1', ''), '--out', out);
    const answer = await post(recorder.url, '{"model":"m","user":"sk-test-0123456789abcdef"}');
    assert.equal(await answer.text(), events.join(''));
    assert.equal(answer.headers.get('openai-organization'), 'acme', 'the client gets what the vendor said');
    const [note = ''] = await recorder.noted(/^POST/, 1);
    for (const word of [
      'authorization',
      'openai-organization',
      'set-cookie',
      'in the address',
      'in the request body',
    ]) {
      assert.ok(note.includes(word), `${word} in ${note}`);
    }
    assert.equal(await recorder.stop(), 0);

    const sent = upstream.exchanges.at(-1);
    assert.equal(sent?.headers['authorization'], 'Bearer sk-test-0123456789abcdef', 'the vendor gets the key');
    assert.equal(sent?.headers['accept-encoding'], 'identity');
    const [row] = await rowsOf(out);
    assert.ok(row);
    assert.equal(row.body, events.join(''));
    assert.equal(
      row.pieces.reduce((sum, [bytes]) => sum + bytes, 0),
      Buffer.byteLength(events.join('')),
    );
    assert.ok(row.pieces.length > 1);
    assert.equal(row.ended, 'end');
    assert.equal(row.stream, true);
    assert.match(row.url, /\/v1\/chat\/completions\?api-version=1&key=redacted$/);
    assert.deepEqual(row.req_headers, { accept: '*/*', 'content-type': 'application/json' });
    assert.deepEqual(row.res_headers, { 'content-type': 'text/event-stream' });
    const text = await readFile(out, 'utf8');
    for (const secret of ['sk-test', 'hunter2', 'acme', 'c=1']) assert.ok(!text.includes(secret), secret);
    assert.equal((await stat(out)).mode & 0o777, 0o600);
  });

  test('dev record: a stream that the vendor cuts is cut for the client too, and recorded as cut', async () => {
    const out = join(folder, 'cut.jsonl');
    upstream.script = answerWith({
      body: 'data: {"half":',
      headers: { 'content-type': 'text/event-stream' },
      ending: 'cut',
    });
    const recorder = await start('--to', upstream.baseUrl.replace('/v1', ''), '--out', out);
    await assert.rejects(async () => (await post(recorder.url, '{}')).text());
    const [note = ''] = await recorder.noted(/^POST/, 1);
    assert.match(note, /cut off by the vendor/);
    await recorder.stop();
    const [row] = await rowsOf(out);
    assert.equal(row?.ended, 'cut');
    assert.equal(row?.body, 'data: {"half":');
  });

  test('dev record: a client that leaves stops the call at the vendor, and what came until then is recorded', async () => {
    const out = join(folder, 'left.jsonl');
    upstream.script = answerWith({
      body: 'data: 1\n\n',
      headers: { 'content-type': 'text/event-stream' },
      ending: 'stall',
    });
    const recorder = await start('--to', upstream.baseUrl.replace('/v1', ''), '--out', out);
    const call = request(`${recorder.url}/v1/x`, { method: 'POST' });
    call.on('error', () => {});
    call.on('response', (response) => {
      response.on('error', () => {});
      response.once('data', () => call.destroy());
    });
    call.end();
    await recorder.noted(/left by the client/, 1);
    assert.equal(await upstream.exchanges.at(-1)?.closed, true);
    await recorder.stop();
    assert.equal((await rowsOf(out))[0]?.ended, 'client-left');
  });

  test('dev record: more than is kept passes through, and the line says how much there was', async () => {
    const out = join(folder, 'large.jsonl');
    const body = Buffer.alloc(6 * 1024 * 1024, 'a');
    upstream.script = answerWith({ body, headers: { 'content-type': 'application/json' }, chunkBytes: 100_000 });
    const recorder = await start('--to', upstream.baseUrl.replace('/v1', ''), '--out', out);
    assert.equal((await (await post(recorder.url, '{}')).arrayBuffer()).byteLength, body.length);
    await recorder.noted(/only the beginning/, 1);
    await recorder.stop();
    const [row] = await rowsOf(out);
    assert.equal(row?.body?.length, 4 * 1024 * 1024);
    assert.equal(row?.kept_part_of?.res_bytes, body.length);
  });

  test('dev record: lines are added to a file that exists, bytes that are not text are kept in base64', async () => {
    const out = join(folder, 'twice.jsonl');
    const bytes = Buffer.from([0xff, 0xfe, 0x00, 0x41]);
    upstream.script = answerWith({ body: bytes, headers: { 'content-type': 'audio/mpeg' } });
    for (const _ of [1, 2]) {
      const recorder = await start('--to', upstream.baseUrl.replace('/v1', ''), '--out', out);
      await (await post(recorder.url, '{}')).arrayBuffer();
      await recorder.noted(/^POST/, 1);
      await recorder.stop();
    }
    const rows = await rowsOf(out);
    assert.equal(rows.length, 2);
    assert.equal(rows[1]?.body_b64, bytes.toString('base64'));
    assert.equal(rows[1]?.body, undefined);
  });

  test('dev record: a vendor that cannot be reached is a 502 and no line', async () => {
    const out = join(folder, 'unreached.jsonl');
    const recorder = await start('--to', (await refusingBaseUrl()).replace('/v1', ''), '--out', out);
    assert.equal((await post(recorder.url, '{}')).status, 502);
    await recorder.noted(/^Not reached/, 1);
    await recorder.stop();
    assert.deepEqual(await rowsOf(out), []);
  });

  test('dev record: wrong usage is told, and a file that cannot be written', async () => {
    const fail = async (...args: string[]): Promise<[number, string]> => {
      let err = '';
      const terminal = createTerminal({ write: () => {} }, { write: (text) => (err += text) });
      const signal = new AbortController().signal;
      return [await runProgram(['dev', 'record', ...args], { terminal, signal, env: {} }), err];
    };
    const out = join(folder, 'x.jsonl');
    assert.deepEqual(await fail('--out', out), [
      2,
      'sluice dev record: expected --to URL. See: sluice dev record --help\n',
    ]);
    assert.equal((await fail('--to', 'ftp://a', '--out', out))[0], 2);
    assert.equal((await fail('--to', 'http://a', '--out', out, '--listen', 'nonsense'))[0], 2);
    const [code, err] = await fail('--to', 'http://a', '--out', join(folder, 'no', 'such', 'folder.jsonl'));
    assert.equal(code, 1);
    assert.match(err, /Cannot write .*folder\.jsonl/);
  });
});
