import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFakeIds } from '../../../../test/fixtures/fake-ids.ts';
import { inputOfResource, inputResource } from './input-resource.ts';

test('input resource: a short message gets its full form and an id', () => {
  const ids = createFakeIds();
  assert.deepEqual(inputResource({ role: 'user', content: 'Hi' }, ids), {
    type: 'message',
    id: 'msg_1',
    role: 'user',
    status: 'completed',
    content: [{ type: 'input_text', text: 'Hi' }],
  });
  const content = [{ type: 'output_text', text: 'a', annotations: [], logprobs: [] }];
  assert.deepEqual(inputResource({ role: 'assistant', content: 'a' }, ids)['content'], content);
  const picture = { role: 'user', content: [{ type: 'input_image', image_url: 'u' }] };
  assert.deepEqual(inputResource(picture, ids)['content'], [{ type: 'input_image', image_url: 'u', detail: 'auto' }]);
});

test('input resource: other items keep what they have, and get an id of their kind', () => {
  const ids = createFakeIds();
  const call = { type: 'function_call', id: 'fc_9', call_id: 'c', name: 'f', arguments: '{}' };
  assert.deepEqual(inputResource(call, ids), { ...call, status: 'completed' });
  const output = { type: 'function_call_output', call_id: 'c', output: 'o' };
  assert.deepEqual(inputResource(output, ids), { ...output, id: 'fco_1', status: 'completed' });
  assert.deepEqual(inputResource({ type: 'computer_call_output' }, ids), {
    type: 'computer_call_output',
    id: 'item_1',
  });
});

test('input resource: as input again, what a caller said has no id, and what a model said has its own', () => {
  const ids = createFakeIds();
  const said = inputResource({ role: 'user', content: 'Hi' }, ids);
  assert.deepEqual(inputOfResource(said), {
    type: 'message',
    role: 'user',
    content: [{ type: 'input_text', text: 'Hi' }],
  });
  const result = { type: 'function_call_output', call_id: 'c', output: 'o' };
  assert.deepEqual(inputOfResource(inputResource(result, ids)), result);
  const answer = inputResource({ type: 'message', id: 'msg_9', role: 'assistant', content: 'a' }, ids);
  assert.equal(inputOfResource(answer), answer);
});
