import assert from 'node:assert/strict';
import { test } from 'node:test';
import { knownKeysAt } from './known-keys.ts';
import { parseTree } from './schema.ts';
import { valueAt } from './tree.ts';

function provider(fields: object): unknown {
  const parsed = parseTree({ providers: { triton: { type: 'open-inference', ...fields } }, models: {} });
  if (!parsed.success) throw new Error(parsed.error.issues.map(({ message }) => message).join('\n'));
  return parsed.data.providers['triton'];
}

test('open-inference section: an address is enough, and the tensors of a task have the usual names', () => {
  const models = {
    minilm: { task: 'embed' },
    toxic: { task: 'classify', labels: ['toxic', 'fine'], activation: 'softmax', textDimensions: 1, maxBatch: 8 },
    reranker: { task: 'rank' },
    cross: { task: 'rank', pair: 'texts', output: 'logits', activation: 'sigmoid' },
    llm: { task: 'generate', template: 'chatml', parameters: { max_tokens: 512 } },
    resnet: { task: 'infer' },
  };
  assert.deepEqual(provider({ url: 'grpc://triton:8001', models }), {
    type: 'open-inference',
    url: 'grpc://triton:8001',
    headers: {},
    concurrency: 512,
    binaryData: false,
    models: {
      minilm: { task: 'embed', input: 'text', output: 'embedding', textDimensions: 2 },
      toxic: {
        task: 'classify',
        input: 'text',
        output: 'probabilities',
        labels: ['toxic', 'fine'],
        activation: 'softmax',
        textDimensions: 1,
        maxBatch: 8,
      },
      reranker: {
        task: 'rank',
        inputs: { query: 'query', document: 'document' },
        output: 'score',
        activation: 'none',
        textDimensions: 2,
      },
      cross: { task: 'rank', inputs: { pair: 'texts' }, output: 'logits', activation: 'sigmoid', textDimensions: 2 },
      llm: { task: 'generate', template: 'chatml', backend: 'vllm', parameters: { max_tokens: 512 } },
      resnet: { task: 'infer' },
    },
  });
});

test('open-inference section: addresses of gRPC and of HTTP, and what they may stand beside', () => {
  for (const url of ['grpc://[::1]:8001', 'grpcs://triton.internal:443', 'http://triton:8000', 'https://kserve/base']) {
    assert.equal((provider({ url }) as { url: string }).url, url);
  }
  assert.equal((provider({ url: 'http://triton:8000/' }) as { url: string }).url, 'http://triton:8000');
  const wrong: readonly [object, RegExp][] = [
    [{}, /grpc:\/\/HOST:PORT/],
    [{ url: 'triton:8001' }, /grpc:\/\/HOST:PORT/],
    [{ url: 'grpc://triton' }, /grpc:\/\/HOST:PORT/],
    [{ url: 'http://user:pass@triton' }, /grpc:\/\/HOST:PORT/],
    [{ url: 'grpc://t:1', tls: { ca: 'ca.pem' } }, /tls only beside a grpcs:/],
    [{ url: 'grpc://t:1', models: { m: { task: 'sing' } } }, /another value/],
    [{ url: 'grpc://t:1', models: { m: { task: 'embed', textDimensions: 3 } } }, /1 or 2/],
    [
      { url: 'grpc://t:1', models: { m: { task: 'generate', template: { system: 's', user: '{text}' } } } },
      /plain, chatml, llama3/,
    ],
  ];
  for (const [fields, expected] of wrong) assert.throws(() => provider(fields), expected, JSON.stringify(fields));
});

test('open-inference section: the keys of a model are those of its task', () => {
  const tree = { providers: { triton: { type: 'open-inference', models: { minilm: { task: 'embed', inptu: 'x' } } } } };
  const known = knownKeysAt(['providers', 'triton', 'models', 'minilm'], (path) => valueAt(tree, path));
  assert.deepEqual(known, ['task', 'input', 'output', 'textDimensions', 'maxBatch']);
});
