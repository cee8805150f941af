// The story of the provider: tensors as they are, and texts by what the configuration says of a model's tensors.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { addRequest, floatTensor, inferRequest, withTensorProvider } from '../../../test/fixtures/tensor-provider.ts';
import { failureOfCall, modelCall } from '../../../test/fixtures/upstream-calls.ts';

describe('open-inference provider', () => {
  test('open-inference: tensors go and come raw, under the model name of the call', async () => {
    await withTensorProvider({}, async ({ server, provider }) => {
      const parameters = { priority: 3, temperature: 0.5, on: true, tag: 'x' };
      const response = await provider.infer?.(
        { ...addRequest, outputs: [{ name: 'sum', parameters: { classification: 2 } }], parameters },
        modelCall('add'),
      );
      assert.deepEqual(response, {
        model: 'add',
        version: '1',
        id: 'call-1',
        target: 'p/add',
        attempts: 1,
        outputs: [floatTensor('sum', 11, 22)],
      });
      const { request, metadata } = server.calls[0]!;
      assert.equal(request.modelName, 'add');
      assert.deepEqual(request.inputs[0]?.contents, undefined);
      assert.deepEqual(request.parameters, {
        priority: { parameterChoice: { $case: 'int64Param', value: 3n } },
        temperature: { parameterChoice: { $case: 'doubleParam', value: 0.5 } },
        on: { parameterChoice: { $case: 'boolParam', value: true } },
        tag: { parameterChoice: { $case: 'stringParam', value: 'x' } },
      });
      assert.equal(request.outputs[0]?.parameters['classification']?.parameterChoice?.value, 2n);
      assert.deepEqual(metadata.get('x-request-id'), ['req_1']);
    });
  });

  test('open-inference: an answer with typed contents is read as well, 64-bit integers exactly', async () => {
    await withTensorProvider({}, async ({ server, provider }) => {
      const contents = {
        boolContents: [],
        intContents: [],
        int64Contents: [-(2n ** 63n), 2n ** 53n + 1n],
        uintContents: [],
        uint64Contents: [],
        fp32Contents: [],
        fp64Contents: [],
        bytesContents: [],
      };
      server.respond = ({ request }) => ({
        modelName: '',
        modelVersion: '',
        id: '',
        parameters: { took: { parameterChoice: { $case: 'doubleParam', value: 0.25 } } },
        outputs: [{ name: 'n', datatype: 'INT64', shape: [2n], parameters: {}, contents }],
        rawOutputContents: [],
        ...(request.id === 'call-1' ? {} : { id: 'wrong' }),
      });
      const response = await provider.infer?.(addRequest, modelCall('add'));
      assert.deepEqual(response?.outputs[0]?.data, new Uint8Array(BigInt64Array.from(contents.int64Contents).buffer));
      assert.deepEqual([response?.id, response?.model, response?.parameters], ['call-1', 'add', { took: 0.25 }]);
    });
  });

  test('open-inference: metadata is the server’s own', async () => {
    await withTensorProvider({}, async ({ provider }) => {
      const metadata = await provider.tensorMetadata?.({ model: 'alias', version: '' }, modelCall('embedder'));
      assert.deepEqual(metadata, {
        model: 'embedder',
        target: 'p/embedder',
        attempts: 1,
        versions: ['1'],
        platform: 'fixture_byhand',
        inputs: [{ name: 'text', datatype: 'BYTES', shape: [-1, 1] }],
        outputs: [{ name: 'embedding', datatype: 'FP32', shape: [-1, 3] }],
      });
    });
  });

  test('open-inference: texts are embedded in batches of the configured size', async () => {
    await withTensorProvider({}, async ({ server, provider }) => {
      const input = ['one', 'two words', 'Grüße 👋'];
      const response = await provider.embed(
        { model: 'alias', input, extra: { user: 'u', truncate: 'end' } },
        modelCall('embedder'),
      );
      assert.deepEqual(response.vectors, [
        Float32Array.of(3, 1, 0.5),
        Float32Array.of(9, 2, 0.5),
        Float32Array.of(8, 2, 0.5),
      ]);
      assert.deepEqual(
        server.calls.map(({ request }) => request.inputs[0]?.shape),
        [
          [2n, 1n],
          [1n, 1n],
        ],
      );
      assert.deepEqual(Object.keys(server.calls[0]?.request.parameters ?? {}), ['truncate']);
      assert.deepEqual([response.target, response.usage.source], ['p/embedder', 'estimated']);
      assert.deepEqual(response.downgrades, ['user']);
      assert.ok(response.usage.inputTokens > 0);
    });
  });

  test('open-inference: logits become probabilities of the configured labels', async () => {
    await withTensorProvider({}, async ({ server, provider }) => {
      const extra = { metadata: { team: 'a' } };
      const response = await provider.classify?.({ model: 'alias', input: ['++', '-'], extra }, modelCall('sentiment'));
      assert.deepEqual(response?.downgrades, ['metadata']);
      assert.deepEqual(server.calls[0]?.request.inputs[0]?.shape, [2n]);
      const expected = Math.exp(2) / (Math.exp(2) + 1);
      assert.equal(response?.results[0]?.[0]?.label, 'good');
      assert.ok(Math.abs((response?.results[0]?.[0]?.score ?? 0) - expected) < 1e-6);
      assert.equal(response?.results[1]?.[0]?.label, 'bad');
    });
  });

  test('open-inference: documents are ranked by pairs, in two inputs or in one', async () => {
    await withTensorProvider({}, async ({ provider }) => {
      const request = { model: 'alias', query: 'cat', documents: ['a dog', 'a cat', 'cats'], topN: 2 };
      const two = await provider.rank?.(request, modelCall('ranker'));
      assert.deepEqual(two?.results, [
        { index: 2, score: 1.25 },
        { index: 1, score: Math.fround(1.2) },
      ]);
      const one = await provider.rank?.({ ...request, extra: { user: 'u' } }, modelCall('pair-ranker'));
      assert.deepEqual([two && 'downgrades' in two, one?.downgrades], [false, ['user']]);
      assert.deepEqual(
        one?.results.map(({ index }) => index),
        [1, 2],
      );
      assert.ok(Math.abs((one?.results[0]?.score ?? 0) - 1 / (1 + Math.exp(-2))) < 1e-6);
    });
  });

  test('open-inference: a model without the task is refused before anything is sent', async () => {
    await withTensorProvider({}, async ({ server, provider }) => {
      const tokens = await failureOfCall(
        provider.embed({ model: 'a', input: [], tokens: [[1]] }, modelCall('embedder')),
      );
      assert.deepEqual([tokens.reason, tokens.param], ['unsupported_capability', 'input']);
      const embed = await failureOfCall(provider.embed({ model: 'a', input: ['x'] }, modelCall('unknown')));
      assert.equal(embed.reason, 'unsupported_capability');
      assert.match(embed.message, /'p\/unknown' cannot embed: what its tensors are for is not configured/);
      const rank = await failureOfCall(
        provider.rank!({ model: 'a', query: 'q', documents: ['d'] }, modelCall('embedder')),
      );
      assert.match(rank.message, /it is configured to embed/);
      const sized = await failureOfCall(
        provider.embed({ model: 'a', input: ['x'], dimensions: 2 }, modelCall('embedder')),
      );
      assert.equal(sized.param, 'dimensions');
      const chat = await failureOfCall(
        provider.predict({ model: 'a', messages: [], sampling: {}, dialect: 'openai' }, modelCall('add')),
      );
      assert.match(chat.message, /generateUrl/);
      assert.equal(server.calls.length, 0);
    });
  });

  test('open-inference: a tensor that does not fit its shape never leaves', async () => {
    await withTensorProvider({}, async ({ server, provider }) => {
      const short = { ...floatTensor('a', 1), shape: [2] };
      const failure = await failureOfCall(provider.infer!(inferRequest(short), modelCall('add')));
      assert.deepEqual([failure.reason, failure.param], ['invalid_request', 'inputs[0]']);
      assert.equal(server.calls.length, 0);
    });
  });
});
