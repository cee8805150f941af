// The encoder is tested on a directory made here: a real ONNX graph and a real WordPiece tokenizer, small enough to know the
// vectors by heart. That pre-trained weights load the same way is recorded in docs/adr/0004-local-engine.md.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { vocabulary, writeModelDirectory } from '../../../../test/fixtures/onnx-directory.ts';
import { SluiceError } from '../../../core/error.ts';
import { elementType } from '../use-lite/onnx-model.ts';
import { createDirectoryEncoder } from './directory-encoder.ts';

const root = await mkdtemp(join(tmpdir(), 'sluice-encoder-'));
after(() => rm(root, { recursive: true, force: true }));

interface DirectoryOptions {
  readonly inputs?: readonly string[];
  readonly output?: string;
  readonly pooling?: object;
  readonly maxTokens?: number;
}

/** Token vectors are rows of a table of width 2: [id, 1]. */
function directory(name: string, options: DirectoryOptions = {}): Promise<string> {
  const { inputs = ['input_ids', 'attention_mask', 'token_type_ids'], output = 'last_hidden_state' } = options;
  const table = Float32Array.from(vocabulary.flatMap((_, id) => [id, 1]));
  const data = new Uint8Array(table.buffer);
  return writeModelDirectory(join(root, name), {
    graph: {
      nodes: [
        { operator: 'Gather', inputs: ['table', 'input_ids'], outputs: ['token_vectors'], attributes: {} },
        { operator: 'Identity', inputs: ['token_vectors'], outputs: [output], attributes: {} },
      ],
      tensors: [{ name: 'table', type: elementType.float32, dims: [vocabulary.length, 2], data }],
      inputs: inputs.map((input) => ({ name: input, type: elementType.int64, dims: ['batch', 'length'] })),
      outputs: [{ name: output, type: elementType.float32, dims: ['batch', 'length', 2] }],
    },
    files: {
      'sentence_bert_config.json': { max_seq_length: options.maxTokens ?? 16 },
      ...(options.pooling === undefined ? {} : { '1_Pooling/config.json': options.pooling }),
    },
  });
}

function direction(id: number): number[] {
  const length = Math.hypot(id, 1);
  return [id / length, 1 / length];
}

function assertNear(vector: Float32Array, expected: readonly number[]): void {
  assert.equal(vector.length, expected.length);
  for (const [i, value] of expected.entries())
    assert.ok(Math.abs(vector[i]! - value) < 1e-6, `${vector} vs ${expected}`);
}

test('directory encoder: the mean of all token vectors, control tokens included, with length 1', async () => {
  const encoder = await createDirectoryEncoder(await directory('mean'), 1);
  assert.equal(encoder.dimensions, 2);
  const { vector, tokens, truncated } = await encoder.encode('Red FOXES');
  // [CLS] red fox ##es [SEP]
  assertNear(vector, direction((2 + 4 + 6 + 7 + 3) / 5));
  assert.deepEqual([tokens, truncated], [5, false]);
  await encoder.release();
  await encoder.release();
});

test('directory encoder: pooling comes from the directory, and the configuration overrides it', async () => {
  const dir = await directory('cls', { pooling: { pooling_mode_cls_token: true, pooling_mode_mean_tokens: false } });
  const cls = await createDirectoryEncoder(dir, 1);
  assertNear((await cls.encode('kite')).vector, direction(2));
  const last = await createDirectoryEncoder(dir, 1, 'last');
  assertNear((await last.encode('kite')).vector, direction(3));
  await Promise.all([cls.release(), last.release()]);
});

test('directory encoder: a text that is too long loses its end but keeps its closing control token', async () => {
  const encoder = await createDirectoryEncoder(await directory('short', { maxTokens: 4 }), 1, 'last');
  const { vector, tokens, truncated } = await encoder.encode('red fox kite blue');
  assertNear(vector, direction(3));
  assert.deepEqual([tokens, truncated], [4, true]);
  await encoder.release();
});

test('directory encoder: of a megabyte no more is tokenised than could fit, with the same vector', async () => {
  const encoder = await createDirectoryEncoder(await directory('megabyte', { maxTokens: 8 }), 1);
  const short = await encoder.encode('red fox kite blue fox red');
  const long = await encoder.encode(`red fox kite blue fox red ${'kite '.repeat(200_000)}`);
  assert.deepEqual([long.vector, long.tokens, long.truncated], [short.vector, 8, true]);
  await encoder.release();
});

test('directory encoder: the empty text has a vector too', async () => {
  const encoder = await createDirectoryEncoder(await directory('empty'), 1);
  assertNear((await encoder.encode('')).vector, direction(2.5));
  await encoder.release();
});

test('directory encoder: what it cannot run is refused when it is loaded, with the reason in the log', async () => {
  const failsWith = (pattern: RegExp) => (error: unknown) =>
    error instanceof SluiceError && error.reason === 'config_invalid' && pattern.test(error.detail ?? '');
  const pixels = await directory('pixels', { inputs: ['input_ids', 'pixel_values'] });
  await assert.rejects(createDirectoryEncoder(pixels, 1), failsWith(/pixel_values/));
  const logits = await directory('logits', { output: 'logits' });
  await assert.rejects(createDirectoryEncoder(logits, 1), failsWith(/logits/));
  const weighted = await directory('weighted', { pooling: { pooling_mode_weightedmean_tokens: true } });
  await assert.rejects(createDirectoryEncoder(weighted, 1), failsWith(/pooling/));
  await assert.rejects(createDirectoryEncoder(join(root, 'nowhere'), 1), failsWith(/config\.json is missing/));
});
