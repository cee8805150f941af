// The operations beside chat and embeddings as a caller meets them: built-in models that ship, directories that the operator
// mounts, one provider. What the models compute is tested beside them.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { chatRequest } from '../../../../test/fixtures/calls.ts';
import { failsWith } from '../../../../test/fixtures/failures.ts';
import { FakeClock } from '../../../../test/fixtures/fake-clock.ts';
import { createFakeIds } from '../../../../test/fixtures/fake-ids.ts';
import { countingGraph, identityGraph, writeModelDirectory } from '../../../../test/fixtures/onnx-directory.ts';
import { createRecordingLog } from '../../../../test/fixtures/silent-telemetry.ts';
import { modelCall, testTimeouts } from '../../../../test/fixtures/upstream-calls.ts';
import { SluiceError } from '../../../core/error.ts';
import type { TextPart } from '../../../core/message.ts';
import type { Tensor } from '../../../core/tensor.ts';
import { packElements } from '../../../open-inference/tensor-elements.ts';
import type { ModelCall } from '../../../ports/model.ts';
import { maxRankDocuments, maxTensorBytes, maxTextCharacters } from '../defaults.ts';
import { createLocalProvider } from '../provider.ts';
import { elementType } from '../use-lite/onnx-model.ts';

const root = await mkdtemp(join(tmpdir(), 'sluice-operations-'));
const [crossDir, harmDir, tensorDir] = await Promise.all([
  writeModelDirectory(join(root, 'cross'), { graph: countingGraph({ red: [1], blue: [-1] }, 1, { onlySecond: true }) }),
  writeModelDirectory(join(root, 'harm'), {
    graph: countingGraph({ red: [4, 0, -4], blue: [0, 4, -4], '[CLS]': [-2, -2, 2] }, 3),
    config: {
      model_type: 'bert',
      max_position_embeddings: 16,
      problem_type: 'multi_label_classification',
      id2label: { 0: 'toxic', 1: 'insult', 2: 'neutral' },
    },
  }),
  writeModelDirectory(join(root, 'tensors'), { graph: identityGraph(elementType.float32) }),
]);
const clock = new FakeClock();
const log = createRecordingLog();
const provider = createLocalProvider({
  name: 'local',
  cacheDir: join(root, 'cache'),
  models: {
    cross: { path: crossDir, task: 'rank' },
    labels: { path: harmDir, task: 'classify' },
    harm: {
      path: harmDir,
      task: 'moderate',
      categories: { toxic: 'harassment', insult: 'harassment' },
      threshold: 0.6,
    },
    graph: { path: tensorDir, task: 'tensors' },
  },
  clock,
  ids: createFakeIds(),
  log,
});
after(async () => {
  await provider.close();
  await rm(root, { recursive: true, force: true });
});

const rank = (model: string, query: string, documents: readonly string[], overrides: Partial<ModelCall> = {}) =>
  provider.rank!({ model: `local/${model}`, query, documents }, modelCall(model, overrides));
const classify = (model: string, input: readonly string[], labels?: readonly string[]) =>
  provider.classify!({ model: `local/${model}`, input, ...(labels === undefined ? {} : { labels }) }, modelCall(model));

const pages = [
  'Parcels can be returned within 30 days of delivery if they are unused.',
  'Standard shipping takes three to five working days inside the country.',
  'Our shop in Bremen is open from Monday to Saturday.',
  'You can change your password on the page of your account under Security.',
];

test('local provider: mounted models are described by what they can do', async () => {
  await provider.ready(new AbortController().signal);
  const described = new Map(provider.models().map((model) => [model.id, model]));
  const capabilities = ['rank', 'classify', 'cross', 'labels', 'harm', 'graph'].map(
    (name) => `${name}: ${described.get(`local/${name}`)?.capabilities.join(' ')}`,
  );
  assert.deepEqual(capabilities, [
    'rank: rank',
    'classify: classify',
    'cross: rank',
    'labels: classify',
    'harm: classify moderate',
    'graph: tensors',
  ]);
  assert.deepEqual(
    [described.get('local/cross')?.contextTokens, described.get('local/graph')?.contextTokens],
    [16, undefined],
  );
});

test('local rank: by words, and by meaning where no word is shared', async () => {
  const byWords = await rank('rank', 'How long does shipping take?', pages);
  assert.equal(byWords.results[0]?.index, 1);
  const byMeaning = await rank('rank', 'I forgot my login credentials', pages);
  assert.equal(byMeaning.results[0]?.index, 3);
  const { results, usage, target, attempts } = byWords;
  assert.deepEqual([target, attempts, results.length, usage.source], ['local/rank', 1, 4, 'engine']);
  assert.ok(results.every(({ score }, i) => score > 0 && score < 1 && score <= (results[i - 1]?.score ?? 1)));
  assert.ok(usage.inputTokens > 50);
});

test('local rank: top_n cuts the list, equal documents keep their order', async () => {
  const request = { model: 'local/rank', query: 'shipping', documents: [pages[1]!, pages[2]!, pages[1]!], topN: 2 };
  const { results } = await provider.rank!(request, modelCall('rank'));
  assert.deepEqual(
    results.map(({ index }) => index),
    [0, 2],
  );
});

test('local rank: what matters may stand far inside a long document', async () => {
  const filler = 'The quarterly report describes the revenue of the northern branch in detail. '.repeat(200);
  const long = `${filler} Parcels can be returned within 30 days of delivery. ${filler}`;
  const { results } = await rank('rank', 'Can I return a parcel after 30 days?', [filler, pages[1]!, long]);
  assert.equal(results[0]?.index, 2);
});

test('local rank: bad input is refused by name before the engine hears of it', async () => {
  await assert.rejects(rank('rank', ' \n', pages), failsWith('invalid_request', 'query'));
  await assert.rejects(rank('rank', 'x', []), failsWith('invalid_request', 'documents'));
  const many = new Array<string>(10_000).fill('x');
  await assert.rejects(rank('rank', 'x', many), failsWith('invalid_request', 'documents'));
  const huge = 'word '.repeat(2_000_000);
  await assert.rejects(rank('rank', 'x', ['y', huge]), failsWith('context_length_exceeded', 'documents[1]'));
  const large = new Array<string>(11).fill('x'.repeat(maxTextCharacters));
  await assert.rejects(rank('rank', 'x', large), failsWith('context_length_exceeded', 'documents'));
  await assert.rejects(rank('use-lite', 'x', pages), failsWith('unsupported_capability', 'model'));
  const extra = { rank_fields: ['title'] };
  await assert.rejects(
    provider.rank!({ model: 'local/rank', query: 'x', documents: pages, extra }, modelCall('rank')),
    failsWith('unsupported_capability', 'rank_fields'),
  );
  const hints = { user: 'u-1', return_documents: false };
  const { downgrades } = await provider.rank!(
    { model: 'local/rank', query: 'x', documents: pages, extra: hints },
    modelCall('rank'),
  );
  assert.deepEqual(downgrades, ['user']);
});

test('local rank: a cancelled ranking ends at once, and the thread serves others meanwhile', async () => {
  const documents = Array.from({ length: maxRankDocuments }, (_, i) => `Document ${i}: ${pages[i % 4]}`);
  const controller = new AbortController();
  const work = rank('rank', 'shipping', documents, { signal: controller.signal });
  const short = await classify('classify', ['How long does shipping take?'], ['delivery', 'password']);
  assert.equal(short.results[0]?.[0]?.label, 'delivery');
  controller.abort(new SluiceError('deadline_exceeded'));
  await assert.rejects(work, failsWith('deadline_exceeded'));
});

test('local rank: an attempt that takes too long fails as upstream_timeout and leaves no timer', async () => {
  const before = clock.pendingTimers;
  const documents = Array.from({ length: maxRankDocuments }, (_, i) => `Document ${i}`);
  const work = rank('rank', 'shipping', documents);
  clock.advance(testTimeouts.totalMs);
  await assert.rejects(work, failsWith('upstream_timeout'));
  assert.equal(clock.pendingTimers, before);
});

test('local cross-encoder: ranks pairs, and reports documents that were cut off', async () => {
  const documents = ['blue', 'red red', 'kite'.concat(' kite'.repeat(50))];
  const { results, usage, downgrades } = await rank('cross', 'fox', documents);
  assert.deepEqual(
    results.map(({ index }) => index),
    [1, 2, 0],
  );
  assert.equal(usage.inputTokens, 5 + 6 + 16);
  assert.deepEqual(downgrades, ['documents']);
  assert.match(log.lines.at(-1)?.message ?? '', /cut off/);
  const short = await rank('cross', 'fox', ['blue']);
  assert.equal('downgrades' in short, false);
});

test('local provider: each text that is longer than a model reads is reported by its field', async () => {
  const long = 'shipping '.repeat(400);
  assert.deepEqual((await rank('rank', long, pages)).downgrades, ['query']);
  assert.deepEqual((await rank('cross', 'fox '.repeat(50), ['blue'])).downgrades, ['query']);
  assert.equal((await rank('rank', 'shipping', [long])).downgrades, undefined, 'read in passages');
  assert.deepEqual((await classify('classify', [long], ['a', 'b'])).downgrades, ['input']);
  assert.deepEqual((await classify('classify', ['short'], ['a', 'label '.repeat(160)])).downgrades, ['labels']);
  assert.deepEqual((await classify('labels', [long])).downgrades, ['input']);
  const extra = { user: 'u', store: false, service_tier: 'flex' };
  const embedding = await provider.embed({ model: 'local/use-lite', input: ['x', long], extra }, modelCall('use-lite'));
  assert.deepEqual(embedding.downgrades, ['user', 'service_tier', 'input']);
});

test('local classify: chooses among labels of the caller, as probabilities of all of them', async () => {
  const labels = ['return_policy', 'shipping', 'opening hours', 'account_security'];
  const { results } = await classify('classify', pages, labels);
  assert.deepEqual(
    results.map(([best]) => best?.label),
    ['return_policy', 'shipping', 'opening hours', 'account_security'],
  );
  for (const scores of results) {
    assert.ok(Math.abs(scores.reduce((sum, { score }) => sum + score, 0) - 1) < 1e-9);
    assert.ok(scores.every(({ score }, i) => score <= (scores[i - 1]?.score ?? 1)));
  }
});

test('local classify: labels that say nothing are refused, and so is a request without any', async () => {
  for (const labels of [undefined, [], ['one'], ['a', 'a'], ['a', ' '], ['a', 'x'.repeat(1_001)]]) {
    await assert.rejects(classify('classify', ['text'], labels), failsWith('invalid_request', 'labels'));
  }
  await assert.rejects(classify('classify', [], ['a', 'b']), failsWith('invalid_request', 'input'));
  await assert.rejects(classify('chat', ['text'], ['a', 'b']), failsWith('unsupported_capability', 'model'));
});

test('local classifier: its own labels by falling score', async () => {
  const { results } = await classify('labels', ['red', 'kite']);
  assert.deepEqual(
    results.map((scores) => scores.map(({ label }) => label)),
    [
      ['toxic', 'insult', 'neutral'],
      ['neutral', 'toxic', 'insult'],
    ],
  );
  await assert.rejects(classify('labels', ['red'], ['a', 'b']), failsWith('unsupported_capability', 'labels'));
});

const text = (value: string): TextPart => ({ type: 'text', text: value });

test('local moderation: categories that the operator mapped, judged over all of a text and all of its parts', async () => {
  const input = [[text('kite fox')], [text('kite '.repeat(40)), text(`red ${'kite '.repeat(40)}`)]];
  const { id, results } = await provider.moderate!({ model: 'local/harm', input }, modelCall('harm'));
  assert.match(id, /^modr-/);
  const [harmless, harmful] = results;
  assert.deepEqual([harmless?.flagged, harmless?.categories], [false, { harassment: false }]);
  assert.deepEqual([harmful?.flagged, harmful?.categories], [true, { harassment: true }]);
  assert.ok(harmful!.scores['harassment']! > 0.8 && harmless!.scores['harassment']! < 0.2);
});

test('local moderation: hints are reported, those of a part too; what else a part holds is refused', async () => {
  const ask = (extra: Record<string, string>) =>
    provider.moderate!(
      { model: 'local/harm', input: [[{ ...text('kite'), extra }]], extra: { metadata: { team: 'a' } } },
      modelCall('harm'),
    );
  assert.deepEqual((await ask({ cache_control: 'ephemeral' })).downgrades, ['metadata', 'cache_control']);
  await assert.rejects(ask({ weight: '2' }), failsWith('unsupported_capability', 'input[0].weight'));
});

test('local moderation: nothing built in claims to judge harm, and pictures are refused', async () => {
  const input = [[text('x')]];
  for (const model of ['chat', 'classify', 'labels']) {
    await assert.rejects(
      provider.moderate!({ model: `local/${model}`, input }, modelCall(model)),
      failsWith('unsupported_capability', 'model'),
    );
  }
  const source = { kind: 'url' as const, url: 'https://example.org/x.png' };
  const picture = { model: 'local/harm', input: [[text('x')], [{ type: 'image' as const, source }]] };
  await assert.rejects(provider.moderate!(picture, modelCall('harm')), failsWith('unsupported_capability', 'input[1]'));
});

const given = (values: readonly number[], shape = [values.length / 2, 2]): Tensor => ({
  name: 'given',
  datatype: 'FP32',
  shape,
  data: packElements('FP32', values, (problem) => new Error(problem)),
});
const inferRequest = (inputs: readonly Tensor[]) => ({
  model: 'local/graph',
  version: '',
  id: 'q-1',
  inputs,
  outputs: [],
});

test('local tensors: metadata and inference, with the id of the caller and untouched inputs', async () => {
  const metadata = await provider.tensorMetadata!({ model: 'local/graph', version: '1' }, modelCall('graph'));
  assert.deepEqual(metadata, {
    model: 'graph',
    target: 'local/graph',
    attempts: 1,
    versions: ['1'],
    platform: 'onnxruntime_onnx',
    inputs: [{ name: 'given', datatype: 'FP32', shape: [-1, 2] }],
    outputs: [{ name: 'taken', datatype: 'FP32', shape: [-1, 2] }],
  });
  const input = given([1, 2, 3, 4]);
  const answer = await provider.infer!(inferRequest([input]), modelCall('graph'));
  assert.deepEqual([answer.id, answer.version, answer.target], ['q-1', '1', 'local/graph']);
  assert.deepEqual(answer.outputs, [{ ...input, name: 'taken' }]);
  assert.equal(input.data.byteLength, 16, 'the caller keeps its bytes');
});

test('local tensors: what is asked of them beyond the graph is refused by name', async () => {
  const request = inferRequest([given([1, 2])]);
  const refuses = (changed: object, reason: string, param: string) =>
    assert.rejects(provider.infer!({ ...request, ...changed }, modelCall('graph')), failsWith(reason, param));
  await refuses({ version: '2' }, 'model_not_found', 'model_version');
  await refuses({ parameters: { sequence_id: 7 } }, 'unsupported_capability', 'parameters.sequence_id');
  const outputs = [{ name: 'taken', parameters: { classification: 3 } }];
  await refuses({ outputs }, 'unsupported_capability', 'outputs[0].parameters.classification');
  await refuses({ inputs: [given([1, 2], [2])] }, 'invalid_request', 'inputs[0].shape');
  const large = { ...given([]), data: new Uint8Array(maxTensorBytes + 1) };
  await refuses({ inputs: [large] }, 'context_length_exceeded', 'inputs');
  await assert.rejects(provider.infer!(request, modelCall('chat')), failsWith('unsupported_capability', 'model'));
  const hinted = { ...request, parameters: { priority: 1, binary_data_output: true } };
  const answer = await provider.infer!(hinted, modelCall('graph'));
  assert.deepEqual([answer.outputs.length, answer.downgrades], [1, ['parameters.priority']]);
});

test('local tensors: 64 megabytes go through unchanged, and no copy of them stays behind', async () => {
  const data = new Uint8Array(64 * 1024 * 1024);
  data.set([0, 0, 128, 63], data.length - 4);
  const input: Tensor = { name: 'given', datatype: 'FP32', shape: [data.length / 8, 2], data };
  const before = process.memoryUsage.rss();
  for (let round = 0; round < 12; round += 1) {
    const { outputs } = await provider.infer!(inferRequest([input]), modelCall('graph'));
    assert.equal(Buffer.compare(outputs[0]!.data, data), 0);
  }
  const grown = (process.memoryUsage.rss() - before) / data.length;
  assert.ok(grown < 10, `memory grew by ${grown.toFixed(1)} times the tensor in 12 calls with 2 copies each`);
});

test('local token count: equals what the answer is charged, by the model itself', async () => {
  for (const model of ['stories', 'chat']) {
    const request = chatRequest(`local/${model}`, { sampling: { maxOutputTokens: 1, seed: 1 } });
    const count = await provider.countTokens!(request, modelCall(model));
    const answer = await provider.predict(request, modelCall(model));
    assert.deepEqual(count, {
      model,
      target: `local/${model}`,
      attempts: 1,
      inputTokens: answer.usage.inputTokens,
      source: 'engine',
    });
  }
  await assert.rejects(
    provider.countTokens!(chatRequest('local/use-lite'), modelCall('use-lite')),
    failsWith('unsupported_capability', 'model'),
  );
});

test('local token count: says what the answer would not honour', async () => {
  const asked = chatRequest('local/stories', { extra: { user: 'u' } });
  assert.deepEqual((await provider.countTokens!(asked, modelCall('stories'))).downgrades, ['user']);
});

test('local token count: a prompt that does not fit is counted too', async () => {
  const messages = [{ role: 'user' as const, content: [text('fox kite '.repeat(2_000))] }];
  const count = await provider.countTokens!(chatRequest('local/stories', { messages }), modelCall('stories'));
  assert.ok(count.inputTokens > 2_000, `${count.inputTokens}`);
});
