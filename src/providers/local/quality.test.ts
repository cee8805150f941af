// How good the built-in ranking and classification are, on public data beside the checkout (see its README for sources and licences).
// The bounds are a little below what was measured, so that a change for the worse fails; the figures are printed.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { contextFor } from '../../../test/fixtures/calls.ts';
import { FakeClock } from '../../../test/fixtures/fake-clock.ts';
import { createFakeIds } from '../../../test/fixtures/fake-ids.ts';
import { createRecordingLog } from '../../../test/fixtures/silent-telemetry.ts';
import { evaluationDataMissing, evaluationRows } from '../../../test/fixtures/upstream-calls.ts';
import { createRandomStream } from './generator/random-stream.ts';
import { createLocalProvider } from './provider.ts';

const skip = evaluationDataMissing ?? false;
const cacheDir = await mkdtemp(join(tmpdir(), 'sluice-quality-'));
const clock = new FakeClock();
const provider = createLocalProvider({
  name: 'local',
  cacheDir,
  models: {},
  clock,
  ids: createFakeIds(),
  log: createRecordingLog(),
});
after(async () => {
  await provider.close();
  await rm(cacheDir, { recursive: true, force: true });
});

const timeouts = { connectMs: 1_000, firstTokenMs: 10_000, idleMs: 10_000, totalMs: 600_000 };
const callTo = (model: string) => ({
  model,
  context: contextFor(clock),
  timeouts,
  signal: new AbortController().signal,
});

interface Question {
  readonly query: string;
  readonly own: string;
}

/** How often the question's own document is the first of ten; the other nine are drawn from the other questions. */
async function firstOfTen(questions: readonly Question[]): Promise<number> {
  const random = createRandomStream(7);
  let right = 0;
  for (const { query, own } of questions) {
    const documents = [own];
    while (documents.length < 10) {
      const other = questions[Math.floor(random() * questions.length)]!.own;
      if (other !== own) documents.push(other);
    }
    const { results } = await provider.rank!({ model: 'local/rank', query, documents }, callTo('rank'));
    if (results[0]?.index === 0) right += 1;
  }
  return right / questions.length;
}

const withContext = (file: string): Question[] => {
  const byContext = new Map<string, Question>();
  for (const { question, context } of evaluationRows<{ question: string; context: string }>(file)) {
    if (!byContext.has(context)) byContext.set(context, { query: question, own: context });
  }
  return [...byContext.values()];
};

test('quality: local/rank puts the own passage of a question first among ten (HaluEval QA)', { skip }, async (t) => {
  const questions = withContext('hallucination/halueval_qa_pairs.jsonl.gz').filter((_, index) => index % 4 === 0);
  const share = await firstOfTen(questions);
  t.diagnostic(`${questions.length} questions: first in ${(100 * share).toFixed(1)} %`);
  assert.ok(share > 0.97);
});

test('quality: local/rank puts the own web passage of a search first among ten (RAGTruth QA)', { skip }, async (t) => {
  const groups = new Map<string, Question>();
  for (const row of evaluationRows<{ group: string; context: string }>('hallucination/ragtruth_qa.jsonl.gz')) {
    const { question, passages } = JSON.parse(row.context) as { question: string; passages: string };
    const [, own = ''] = passages.split(/passage \d+:/);
    groups.set(row.group, { query: question, own });
  }
  const share = await firstOfTen([...groups.values()]);
  t.diagnostic(`${groups.size} searches: first in ${(100 * share).toFixed(1)} %`);
  assert.ok(share > 0.89);
});

interface Utterance {
  readonly text: string;
  readonly intent: string;
}

/** Of ten bins by the highest score, the mean gap between that score and how often it is right. */
function calibrationGap(answers: readonly { readonly score: number; readonly isRight: boolean }[]): number {
  const bins = Array.from({ length: 10 }, () => ({ score: 0, right: 0 }));
  for (const { score, isRight } of answers) {
    const bin = bins[Math.min(9, Math.floor(score * 10))]!;
    bin.score += score;
    if (isRight) bin.right += 1;
  }
  return bins.reduce((sum, { score, right }) => sum + Math.abs(score - right), 0) / answers.length;
}

/** Texts that have their labels in common go together: labels are encoded once for each call. */
async function zeroShot(
  rows: readonly Utterance[],
  labels: readonly string[],
  answers: { score: number; isRight: boolean }[],
): Promise<void> {
  const request = { model: 'local/classify', input: rows.map(({ text }) => text), labels };
  const { results } = await provider.classify!(request, callTo('classify'));
  for (const [index, [best]] of results.entries()) {
    answers.push({ score: best!.score, isRight: best!.label === rows[index]!.intent });
  }
}

for (const [count, least] of [
  [2, 0.88],
  [5, 0.76],
  [77, 0.44],
] as const) {
  test(`quality: local/classify chooses among ${count} intents of a bank (Banking77), as sure as it may be`, {
    skip,
  }, async (t) => {
    const all = evaluationRows<Utterance>('cache/banking77.jsonl.gz');
    const intents = [...new Set(all.map(({ intent }) => intent))];
    const random = createRandomStream(11);
    const answers: { score: number; isRight: boolean }[] = [];
    const rows = all.filter((_, index) => index % 5 === 0);
    if (count === intents.length) await zeroShot(rows, intents, answers);
    else {
      for (const row of rows) {
        const labels = new Set([row.intent]);
        while (labels.size < count) labels.add(intents[Math.floor(random() * intents.length)]!);
        await zeroShot([row], [...labels].sort(), answers);
      }
    }
    const right = answers.filter(({ isRight }) => isRight).length / answers.length;
    const gap = calibrationGap(answers);
    t.diagnostic(`${rows.length} texts: right ${(100 * right).toFixed(1)} %, calibration gap ${gap.toFixed(3)}`);
    assert.ok(right > least && gap < 0.06);
  });
}
