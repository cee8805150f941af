// Sluice and Portkey's gateway on the same recorded interactions in one run: `node bench/compare-wire.ts`. Needs the evaluation
// data beside the checkout; writes bench/results/wire.md.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { evaluationDataMissing } from '../test/fixtures/upstream-calls.ts';
import { servedEndpoints } from '../test/wire/endpoints.ts';
import { createReaders } from '../test/wire/readers/clients.ts';
import type { Reader } from '../test/wire/readers/heard.ts';
import { type Recording, readRecordings } from '../test/wire/recordings.ts';
import { replayAll } from '../test/wire/replay.ts';
import { startReplayServer } from '../test/wire/replay-server.ts';
import { type Line, lines } from '../test/wire/score.ts';
import { Scoreboard } from '../test/wire/scoreboard.ts';
import { type SluiceSubject, type Subject, startSluice } from '../test/wire/sluice.ts';
import { describeMachine } from './machine.ts';
import { startPortkey } from './portkey-wire.ts';

if (evaluationDataMissing !== undefined) {
  console.error(evaluationDataMissing);
  process.exit(1);
}

const { recordings } = readRecordings();
const replay = await startReplayServer();
const origin = replay.baseUrl.replace(/\/v1$/, '');
const sluice: SluiceSubject = await startSluice(replay.baseUrl);
const portkey = await startPortkey(replay.baseUrl);
const direct = new Map(createReaders({ url: origin, apiKey: 'none' }).map((reader) => [reader.name, reader]));
const served = await servedEndpoints(sluice);

/** In the order of the recordings, one subject after the other: neither can warm the vendor up for the other. */
async function measure(subject: Subject, readersFor: (recording: Recording) => readonly Reader[]): Promise<Scoreboard> {
  const score = new Scoreboard();
  await replayAll(recordings, score, { replay, subject, readersFor, directReaders: direct, served });
  return score;
}

const sluiceReaders = createReaders(sluice);
const ours = await measure(sluice, () => sluiceReaders);
const theirs = await measure(portkey, (recording) => createReaders({ ...portkey, fetch: portkey.fetchFor(recording) }));

const report = reportOf();
writeFileSync(join(import.meta.dirname, 'results/wire.md'), report);
console.log(report);
await sluice.close();
await portkey.close();
await replay.close();
const behind = lines.filter((line) => !isAhead(line));
if (behind.length > 0) console.error(`Not ahead: ${behind.join(', ')}`);
process.exit(behind.length === 0 ? 0 : 1);

/** Ahead on a line: a larger part arrived, over everything and over what both serve. */
function isAhead(line: Line): boolean {
  const both = servedByBoth();
  return [undefined, both].every((ways) => partOf(ours, line, ways) > partOf(theirs, line, ways));
}

/** Ways of reading in which the peer made at least one answer arrive. */
function servedByBoth(): ReadonlySet<string> {
  return new Set(theirs.ways().filter((way) => theirs.of(way, 'parsed').hits > 0));
}

function partOf(score: Scoreboard, line: Line, ways: ReadonlySet<string> | undefined): number {
  const cells = score
    .ways()
    .filter((way) => ways?.has(way) ?? true)
    .map((way) => score.of(way, line));
  const total = cells.reduce((sum, cell) => sum + cell.total, 0);
  return total === 0 ? 0 : cells.reduce((sum, cell) => sum + cell.hits, 0) / total;
}

function reportOf(): string {
  const machine = describeMachine();
  const both = servedByBoth();
  const percent = (part: number): string => `${(part * 100).toFixed(2)} %`;
  const totals = lines.map((line) => [
    line,
    percent(partOf(ours, line, undefined)),
    percent(partOf(theirs, line, undefined)),
    percent(partOf(ours, line, both)),
    percent(partOf(theirs, line, both)),
  ]);
  const rows = ours.ways().flatMap((way) =>
    [ours, theirs].map((score, index) => [
      index === 0 ? way : '',
      index === 0 ? 'Sluice' : 'Portkey',
      ...lines.map((line) => {
        const { hits, total } = score.of(way, line);
        return total === 0 ? '-' : `${hits}/${total}`;
      }),
    ]),
  );
  const refusals = [...ours.refusals].map(([reason, { total }]) => `${total} × ${reason}`);
  return [
    '# Recorded interactions through Sluice and through Portkey',
    '',
    `\`node bench/compare-wire.ts\`: ${recordings.length} recorded interactions with real vendors (\`../shared/data/wire\`), each replayed by a`,
    'local server through both gateways in the same run and read by the official OpenAI and Anthropic clients and the Vercel AI SDK.',
    'What the vendor said is read from the recorded bytes by small readers that know neither gateway (`test/wire/ground-truth`).',
    '',
    `Sluice ${machine.commit}, @portkey-ai/gateway ${portkey.version}, Node ${machine.node}. Portkey runs with a repair`,
    '(`bench/portkey-wire-preload.cjs`), without which it answers streams and OpenAI’s embeddings with 500.',
    '',
    '| Line | Sluice | Portkey | Sluice, where both serve | Portkey, where both serve |',
    '|---|---:|---:|---:|---:|',
    ...totals.map((cells) => `| ${cells.join(' | ')} |`),
    '',
    '“Where both serve” leaves out the ways of reading in which not one answer came through Portkey. “No false success”: of what',
    'failed, was cut or is malformed, how much the client was told of.',
    '',
    '## By way of reading',
    '',
    `| Vendor’s API → caller’s endpoint, client | Gateway | ${lines.join(' | ')} |`,
    `|---|---|${lines.map(() => '---:').join('|')}|`,
    ...rows.map((cells) => `| ${cells.join(' | ')} |`),
    '',
    '## Where it is unfair',
    '',
    `* Left out for both, since Sluice refuses them with a 400 and a reason (Portkey passes most of them on): ${refusals.join('; ')}.`,
    '* Lines that a client misses on the vendor’s own bytes too are left out for both.',
    '* A failure of the vendor that is about the operator’s account counts as mapped under the vendor’s own status only.',
    '* Portkey is told the vendor by its own name where it has one, and runs with its defaults.',
    '* Gemini on Vertex AI is asked for as Gemini through Portkey, whose Vertex provider wants Google’s credentials.',
    '',
  ].join('\n');
}
