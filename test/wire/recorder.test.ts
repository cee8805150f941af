// A recording that `sluice dev record` made is replayed as the recordings of others are: the same client hears the same answer.

import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { runProgram } from '../../src/cli/program.ts';
import type { RecordedRow } from '../../src/cli/recorder/interaction.ts';
import { createTerminal } from '../../src/cli/terminal.ts';
import { cutAt } from '../fixtures/upstream-calls.ts';
import type { Asked } from './readers/heard.ts';
import { openAiReader } from './readers/openai.ts';
import { type Recording, readRecordings } from './recordings.ts';
import { startReplayServer } from './replay-server.ts';
import { startSluice } from './sluice.ts';

const chunk = (content: string): string =>
  `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta: { role: 'assistant', content } }] })}\n\n`;
const last = `data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n`;

const vendor: Recording = {
  label: 'made by hand',
  host: 'vendor',
  wire: 'chat',
  model: 'm',
  streamed: true,
  status: 200,
  headers: { 'content-type': 'text/event-stream', 'set-cookie': 'session=1' },
  body: chunk('Grüße ') + chunk('東京') + last,
  request: undefined,
};

const asked: Asked = {
  endpoint: 'chat',
  streamed: true,
  body: { model: 'm', messages: [{ role: 'user', content: 'q' }] },
};

test('recorder: what a client heard through it is what it hears of the recording through Sluice', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-recorder-'));
  const replay = await startReplayServer();
  const sluice = await startSluice(replay.baseUrl);
  const out = join(folder, 'fixture.jsonl');
  const stopping = new AbortController();
  const ready = Promise.withResolvers<string>();
  const terminal = createTerminal({ write: (text) => ready.resolve(text.trim()) }, { write: () => undefined });
  try {
    const to = replay.baseUrl.replace(/\/v1$/, '');
    const args = ['dev', 'record', '--to', to, '--out', out, '--listen', '127.0.0.1:0'];
    const recording = runProgram(args, { terminal, signal: stopping.signal, env: {} });
    replay.play(vendor, { chunking: (body) => cutAt(body, [3, 50, 131, 132]) });
    const heard = await openAiReader(await ready.promise, 'sk-0123456789abcdef').ask(asked);
    assert.equal(heard.kind, 'answer');
    stopping.abort();
    assert.equal(await recording, 0);

    const rows = (await readFile(out, 'utf8')).trim().split('\n');
    const row = JSON.parse(rows[0] ?? '') as RecordedRow;
    const [made] = readRecordings([row]).recordings;
    assert.ok(made);
    assert.deepEqual([made.wire, made.streamed, made.body, made.model], ['chat', true, vendor.body, 'm']);
    const ends = row.pieces.map((_, index) => row.pieces.slice(0, index + 1).reduce((sum, [bytes]) => sum + bytes, 0));
    replay.play(made, { chunking: (body) => cutAt(body, ends) });
    const again = await openAiReader(sluice.url, sluice.apiKey).ask({
      ...asked,
      body: { ...asked.body, model: sluice.modelOf(made) },
    });
    assert.deepEqual(again, heard);
  } finally {
    stopping.abort();
    await sluice.close();
    await replay.close();
    await rm(folder, { recursive: true });
  }
});
