import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseModelPath } from './model-path.ts';

test('model path: is read from its end, since names hold slashes', () => {
  const cases: readonly [string, string, string, string][] = [
    ['chat', 'chat', '', 'metadata'],
    ['chat/', 'chat', '', 'metadata'],
    ['chat/infer?x=1', 'chat', '', 'infer'],
    ['triton/resnet/infer', 'triton/resnet', '', 'infer'],
    ['triton/a/b/versions/2/infer', 'triton/a/b', '2', 'infer'],
    ['triton%2Fresnet/versions/v%201/ready', 'triton/resnet', 'v 1', 'ready'],
    ['a/versions/1', 'a', '1', 'metadata'],
    // What is encoded belongs to the name.
    ['a%2Fready', 'a/ready', '', 'metadata'],
    ['a%2Finfer/infer', 'a/infer', '', 'infer'],
    // A model may be called so where no model stands before it.
    ['versions/1', 'versions/1', '', 'metadata'],
    ['Gr%C3%BC%C3%9Fe', 'Grüße', '', 'metadata'],
  ];
  for (const [path, model, version, action] of cases) {
    assert.deepEqual(parseModelPath(`/v2/models/${path}`), { model, version, action }, path);
  }
});

test('model path: without a model there is no route, and nonsense is refused', () => {
  for (const path of ['', 'ready', 'infer']) {
    assert.throws(() => parseModelPath(`/v2/models/${path}`), { reason: 'route_not_found' }, path);
  }
  assert.throws(() => parseModelPath('/v2/models/%E0%A4%A'), { reason: 'invalid_request' });
});
