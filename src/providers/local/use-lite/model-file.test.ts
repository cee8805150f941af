import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import * as ort from 'onnxruntime-node';
import type { Precision } from './convert.ts';
import { ensureUseLiteModel } from './model-file.ts';
import { readReferenceVectors } from './reference-vectors.ts';
import { createUnigramTokenizer } from './unigram-tokenizer.ts';
import { readUseLiteVocabulary } from './weights.ts';

const dir = await mkdtemp(join(tmpdir(), 'sluice-use-lite-'));
after(() => rm(dir, { recursive: true, force: true }));

async function lowestCosine(precision: Precision): Promise<number> {
  const tokenizer = createUnigramTokenizer(await readUseLiteVocabulary());
  const session = await ort.InferenceSession.create(await ensureUseLiteModel(dir, precision), { intraOpNumThreads: 1 });
  let lowest = 1;
  for (const { text, vector } of await readReferenceVectors()) {
    const ids = tokenizer.encode(text).slice(0, 128);
    const [row, mask] = ids.length === 0 ? [[0], [0]] : [ids, ids.map(() => 1)];
    const tensor = (values: number[]) =>
      new ort.Tensor('int64', BigInt64Array.from(values, BigInt), [1, values.length]);
    const { sentence_embedding: output } = await session.run({ input_ids: tensor(row), attention_mask: tensor(mask) });
    const ours = output!.data as Float32Array;
    assert.ok(Math.abs(Math.hypot(...ours) - 1) < 1e-5, 'the vector has length 1');
    lowest = Math.min(
      lowest,
      ours.reduce((sum, value, i) => sum + value * vector[i]!, 0),
    );
  }
  await session.release();
  return lowest;
}

test('use-lite: the 32-bit graph reproduces the original, empty and overlong texts included', async () => {
  const cosine = await lowestCosine('fp32');
  assert.ok(cosine >= 0.999, `lowest cosine ${cosine}`);
});

test('use-lite: the 8-bit graph that runs stays within 0.99 of the original', async () => {
  const cosine = await lowestCosine('int8');
  assert.ok(cosine >= 0.99, `lowest cosine ${cosine}`);
});

test('use-lite: a good file is used again, not written again', async () => {
  const path = await ensureUseLiteModel(dir);
  const before = await stat(path);
  assert.equal(await ensureUseLiteModel(dir), path);
  assert.equal((await stat(path)).ino, before.ino);
});

test('use-lite: a damaged, truncated or unlabelled file is made again', async () => {
  const path = await ensureUseLiteModel(dir);
  const good = await readFile(path);
  const damaged = Buffer.from(good);
  damaged[damaged.length >> 1]! ^= 1;
  await writeFile(path, damaged);
  await ensureUseLiteModel(dir);
  assert.ok(good.equals(await readFile(path)), 'one flipped bit');
  await truncate(path, 1000);
  await ensureUseLiteModel(dir);
  assert.ok(good.equals(await readFile(path)), 'truncation');
  await rm(`${path}.sha256`);
  await ensureUseLiteModel(dir);
  assert.ok(good.equals(await readFile(path)), 'a lost checksum');
});

test('use-lite: several first users at once end with one whole file and nothing else', async () => {
  const fresh = join(dir, 'fresh');
  const paths = await Promise.all([ensureUseLiteModel(fresh), ensureUseLiteModel(fresh), ensureUseLiteModel(fresh)]);
  assert.equal(new Set(paths).size, 1);
  assert.deepEqual((await readdir(fresh)).length, 2);
});
