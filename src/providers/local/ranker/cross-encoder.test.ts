import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { countingGraph, writeModelDirectory } from '../../../../test/fixtures/onnx-directory.ts';
import { SluiceError } from '../../../core/error.ts';
import { createCrossEncoder } from './cross-encoder.ts';

const root = await mkdtemp(join(tmpdir(), 'sluice-cross-'));
after(() => rm(root, { recursive: true, force: true }));

const never = new AbortController().signal;
// Only tokens of the second text count: what the query holds must not.
const graph = countingGraph({ red: [1], blue: [-1] }, 1, { onlySecond: true });
const share = (logit: number) => 1 / (1 + Math.exp(-logit));

test('cross-encoder: scores each document beside the query, with segments, and counts both', async () => {
  const model = await createCrossEncoder(await writeModelDirectory(join(root, 'plain'), { graph }), 1);
  const documents = ['kite', 'red red fox', 'blue', ''];
  const { scores, inputTokens, truncated } = await model.rank!({ query: 'red', documents }, never);
  assert.deepEqual(
    scores.map((score) => score.toFixed(6)),
    [share(0), share(2), share(-1), share(0)].map((score) => score.toFixed(6)),
  );
  // [CLS] red [SEP] … [SEP] around 1, 3, 1 and 0 tokens.
  assert.deepEqual([inputTokens, truncated], [4 * 4 + 5, []]);
  await model.release();
});

test('cross-encoder: a long query leaves room for the document, and a long document is cut off and reported', async () => {
  const model = await createCrossEncoder(await writeModelDirectory(join(root, 'long'), { graph }), 1);
  // 16 positions, 3 control tokens: 6 of the query, 7 of the document.
  const documents = [`${'kite '.repeat(6)} red blue blue`, 'red '.repeat(2_000_000)];
  const { scores, inputTokens, truncated } = await model.rank!({ query: 'blue '.repeat(500), documents }, never);
  assert.deepEqual(
    scores.map((score) => score.toFixed(6)),
    [share(1).toFixed(6), share(7).toFixed(6)],
  );
  assert.deepEqual([inputTokens, truncated], [32, [0, 1]]);
  await model.release();
});

test('cross-encoder: a model with one kind of segment gets one, whatever its tokenizer says', async () => {
  const config = { model_type: 'roberta', max_position_embeddings: 18, type_vocab_size: 1 };
  const model = await createCrossEncoder(await writeModelDirectory(join(root, 'roberta'), { graph, config }), 1);
  // This graph counts what is of the second segment: nothing.
  const { scores } = await model.rank!({ query: 'red', documents: ['red red'] }, never);
  assert.deepEqual(scores, [share(0)]);
  await model.release();
});

test('cross-encoder: more than one logit is refused when it is loaded', async () => {
  const dir = await writeModelDirectory(join(root, 'two'), { graph: countingGraph({}, 2) });
  await assert.rejects(
    createCrossEncoder(dir, 1),
    (error: unknown) =>
      error instanceof SluiceError && error.reason === 'config_invalid' && /has 2/.test(error.detail!),
  );
});
