// The story of this folder: recorded interactions with real vendors go through a whole Sluice, three independent clients read
// what comes out, and it is what the vendors said. What they said is found in the recorded bytes by readers that share no code
// with the product (ground-truth/).

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { evaluationDataMissing } from '../fixtures/upstream-calls.ts';
import { ConformanceCheck } from './conformance.ts';
import { servedEndpoints } from './endpoints.ts';
import { createReaders } from './readers/clients.ts';
import { readRecordings } from './recordings.ts';
import { replayAll } from './replay.ts';
import { type ReplayServer, startReplayServer } from './replay-server.ts';
import type { Line } from './score.ts';
import { Scoreboard } from './scoreboard.ts';
import { type SluiceSubject, startSluice } from './sluice.ts';
import { UsageCheck } from './usage-check.ts';
import { createWiretap } from './wiretap.ts';

describe('wire replay', { skip: evaluationDataMissing ?? false, timeout: 600_000 }, () => {
  const score = new Scoreboard();
  const usage = new UsageCheck();
  let conformance: ConformanceCheck;
  let exclusions: ReadonlyMap<string, number>;
  let replay: ReplayServer;
  let sluice: SluiceSubject;

  before(async () => {
    replay = await startReplayServer();
    sluice = await startSluice(replay.baseUrl);
    conformance = new ConformanceCheck();
    const tap = createWiretap();
    const readers = createReaders({ ...sluice, fetch: tap.fetch });
    const origin = replay.baseUrl.replace(/\/v1$/, '');
    const direct = createReaders({ url: origin, apiKey: 'none' });
    const { recordings, ...set } = readRecordings();
    exclusions = set.exclusions;
    await replayAll(recordings, score, {
      replay,
      subject: sluice,
      readersFor: () => readers,
      directReaders: new Map(direct.map((reader) => [reader.name, reader])),
      served: await servedEndpoints(sluice),
      onHeard(recording, endpoint) {
        const isOwn = endpoint === recording.wire;
        for (const answer of tap.take()) {
          conformance.check(answer, recording.label, isOwn ? recording : undefined);
          if (isOwn || recording.wire === 'generate') usage.check(answer, recording);
        }
      },
    });
  });

  after(async () => {
    await sluice.close();
    await replay.close();
  });

  /** Fails with what was missed when a line is below its bar. */
  function assertBar(line: Line, least: number): void {
    for (const sameDialect of [true, false]) {
      const { hits, total } = score.total(line, sameDialect);
      const missed = score.misses.filter((miss) => miss.line === line).map(({ way, what }) => `${way}: ${what}`);
      const where = sameDialect ? 'in the vendor’s dialect' : 'across dialects';
      assert.ok(total > 0, `${line}: nothing was measured ${where}`);
      assert.ok(hits / total >= least, `${line} ${where}: ${hits} of ${total}\n${missed.join('\n')}`);
    }
  }

  test('wire replay: every answer is parsed to its end and has the vendor’s text', (t) => {
    for (const row of score.table()) t.diagnostic(row);
    t.diagnostic('(+n): the client reads the vendor’s own bytes no better');
    for (const [reason, count] of exclusions) t.diagnostic(`left out: ${count} rows, ${reason}`);
    for (const { line, way, what } of score.misses) t.diagnostic(`missed ${line}: ${way}: ${what.slice(0, 400)}`);
    assertBar('parsed', 1);
    assertBar('text', 1);
    assert.ok(score.total('parsed').total >= 6000, 'fewer readings than there were');
  });

  test('wire replay: tool calls, usage and finish reasons are the vendor’s', () => {
    assertBar('tool calls', 0.98);
    assertBar('usage', 0.98);
    assertBar('finish', 0.98);
  });

  test('wire replay: every field of the usage arrives under its own name, and no count is made up', (t) => {
    t.diagnostic(`${usage.checked} checked`);
    assert.deepEqual(usage.complaints, []);
    assert.ok(usage.checked >= 3500, `only ${usage.checked}`);
  });

  test('wire replay: failures keep the vendor’s status, type, code and words', () => {
    assertBar('errors', 0.98);
  });

  test('wire replay: nothing that failed, was cut or is malformed is shown as an answer', () => {
    assertBar('no false success', 1);
  });

  test('wire replay: what cannot be served is refused by a 400, and little it is', (t) => {
    let refused = 0;
    for (const [reason, { clear, total }] of score.refusals) {
      t.diagnostic(`refused: ${total} readings, ${reason}`);
      assert.equal(clear, total, reason);
      refused += total;
    }
    assert.ok(refused <= score.total('parsed').total / 100, `${refused} readings were left out`);
  });

  test('wire replay: every answer and event is valid by the vendors’ own documents', (t) => {
    for (const [schema, count] of conformance.checked) t.diagnostic(`${schema}: ${count} checked`);
    t.diagnostic(`${conformance.excused} are as the vendor sent them and not valid there either`);
    assert.deepEqual(conformance.complaints, []);
    assert.ok(conformance.excused < 100);
  });
});
