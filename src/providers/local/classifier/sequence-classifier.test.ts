import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { countingGraph, writeModelDirectory } from '../../../../test/fixtures/onnx-directory.ts';
import { SluiceError } from '../../../core/error.ts';
import { maxPiecesPerText } from '../defaults.ts';
import { createSequenceClassifier } from './sequence-classifier.ts';

const root = await mkdtemp(join(tmpdir(), 'sluice-classifier-'));
after(() => rm(root, { recursive: true, force: true }));

const never = new AbortController().signal;
const graph = countingGraph({ red: [2, 0], blue: [0, 1] }, 2);
const failsWith = (reason: string, pattern: RegExp) => (error: unknown) =>
  error instanceof SluiceError && error.reason === reason && pattern.test(`${error.detail} ${error.message}`);
const near = (actual: readonly number[] | undefined, expected: readonly number[]) =>
  expected.forEach((value, index) => {
    assert.ok(Math.abs((actual?.[index] ?? Number.NaN) - value) < 1e-6, `${actual} vs ${expected}`);
  });

/** A BERT of 16 positions with the labels warm and cold. */
function directory(name: string, config: object = {}): Promise<string> {
  const usual = { model_type: 'bert', max_position_embeddings: 16, id2label: { 0: 'warm', 1: 'cold' } };
  return writeModelDirectory(join(root, name), { graph, config: { ...usual, ...config } });
}

test('sequence classifier: one label of several is chosen: the scores of a text add up to 1', async () => {
  const model = await createSequenceClassifier(await directory('single'), 1, []);
  const texts = ['red fox', 'blue kite', ''];
  const { labels, scores, inputTokens, truncated } = await model.classify!({ texts, reach: 'start' }, never);
  assert.deepEqual(labels, ['warm', 'cold']);
  const share = (logit: number) => 1 / (1 + Math.exp(-logit));
  near(scores[0], [share(2), share(-2)]);
  near(scores[1], [share(-1), share(1)]);
  near(scores[2], [0.5, 0.5]);
  assert.deepEqual([inputTokens, truncated], [4 + 4 + 2, []]);
  await model.release();
});

test('sequence classifier: several labels at once are judged each on its own, as problem_type says', async () => {
  const dir = await directory('multi', { problem_type: 'multi_label_classification' });
  const model = await createSequenceClassifier(dir, 1, []);
  const { scores } = await model.classify!({ texts: ['red red blue'], reach: 'start' }, never);
  near(scores[0], [1 / (1 + Math.exp(-4)), 1 / (1 + Math.exp(-1))]);
  await model.release();
});

test('sequence classifier: a long text is judged by its beginning, or piece by piece when all of it counts', async () => {
  const model = await createSequenceClassifier(await directory('long'), 1, []);
  const texts = [`${'kite '.repeat(60)} red red red ${'kite '.repeat(60)}`];
  const start = await model.classify!({ texts, reach: 'start' }, never);
  near(start.scores[0], [0.5, 0.5]);
  assert.deepEqual(start.truncated, [0]);
  const whole = await model.classify!({ texts, reach: 'whole' }, never);
  assert.ok((whole.scores[0]?.[0] ?? 0) > 0.99, `${whole.scores[0]}`);
  const end = await model.classify!({ texts: [`${'kite '.repeat(95)} red`], reach: 'whole' }, never);
  assert.ok((end.scores[0]?.[0] ?? 0) > 0.8, 'the last token is seen too');
  await model.release();
});

test('sequence classifier: what cannot be judged whole is refused, not cut off in silence', async () => {
  const model = await createSequenceClassifier(await directory('endless'), 1, []);
  const texts = ['red', 'kite '.repeat(14 * maxPiecesPerText + 1)];
  await assert.rejects(
    model.classify!({ texts, reach: 'whole' }, never),
    (error: unknown) =>
      error instanceof SluiceError && error.reason === 'context_length_exceeded' && error.param === 'input[1]',
  );
  await model.release();
});

test('sequence classifier: an abort between two texts stops the work', async () => {
  const model = await createSequenceClassifier(await directory('abort'), 1, []);
  const controller = new AbortController();
  const work = model.classify!({ texts: new Array<string>(10_000).fill('red'), reach: 'start' }, controller.signal);
  setImmediate(() => controller.abort(new SluiceError('deadline_exceeded')));
  await assert.rejects(work, failsWith('deadline_exceeded', /deadline/));
  await model.release();
});

test('sequence classifier: labels of the caller are refused by a model with its own', async () => {
  const model = await createSequenceClassifier(await directory('own'), 1, []);
  const asked = { texts: ['red'], labels: ['x', 'y'], reach: 'start' } as const;
  assert.throws(() => model.classify!(asked, never), failsWith('unsupported_capability', /labels of its own/));
  await model.release();
});

test('sequence classifier: labels without names are numbered as transformers does it', async () => {
  const dir = await writeModelDirectory(join(root, 'unnamed'), { graph });
  const model = await createSequenceClassifier(dir, 1, ['LABEL_1']);
  assert.deepEqual((await model.classify!({ texts: ['red'], reach: 'start' }, never)).labels, ['LABEL_0', 'LABEL_1']);
  await model.release();
});

test('sequence classifier: what does not fit is refused when it is loaded, with the reason in the log', async () => {
  const load = (dir: string, needs: string[] = []) => createSequenceClassifier(dir, 1, needs);
  await assert.rejects(load(await directory('lacks'), ['toxic']), failsWith('config_invalid', /no label toxic/));
  await assert.rejects(
    load(await directory('amounts', { problem_type: 'regression' })),
    failsWith('config_invalid', /regression/),
  );
  await assert.rejects(
    load(await directory('three', { id2label: { 0: 'a', 1: 'b', 2: 'c' } })),
    failsWith('config_invalid', /3 labels, but the graph gives 2/),
  );
  await assert.rejects(
    load(await directory('twins', { id2label: { 0: 'a', 1: 'a' } })),
    failsWith('config_invalid', /one name/),
  );
  const named = { ...graph, outputs: [{ ...graph.outputs[0]!, name: 'scores' }] };
  const nodes = graph.nodes.map((node) => (node.outputs[0] === 'logits' ? { ...node, outputs: ['scores'] } : node));
  const dir = await writeModelDirectory(join(root, 'scores'), { graph: { ...named, nodes } });
  await assert.rejects(load(dir), failsWith('config_invalid', /no output named logits/));
});
