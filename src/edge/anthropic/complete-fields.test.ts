import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PredictResponse } from '../../core/predict.ts';
import { renderMessage } from './render-message.ts';

const answered: PredictResponse = {
  id: 'msg_1',
  model: 'm',
  target: 'p/m',
  attempts: 1,
  createdAtMs: 0,
  content: [
    {
      type: 'opaque',
      dialect: 'anthropic',
      value: { type: 'server_tool_use', id: 's', name: 'web_search', input: {} },
    },
    { type: 'text', text: 'So.', annotations: [{ type: 'page_location', cited_text: 'c', document_index: 0 }] },
  ],
  finishReason: 'stop',
  usage: {
    inputTokens: 1,
    outputTokens: 1,
    source: 'provider',
    extra: { server_tool_use: { web_search_requests: 2 } },
  },
  extra: { container: { id: 'c', expires_at: 't' } },
};

test('anthropic fields: what an older answer lacks is there and says nothing, what it has is kept', () => {
  const { content, container, usage } = renderMessage(answered);
  assert.deepEqual(content, [
    { caller: { type: 'direct' }, type: 'server_tool_use', id: 's', name: 'web_search', input: {} },
    {
      type: 'text',
      text: 'So.',
      citations: [{ document_title: null, file_id: null, type: 'page_location', cited_text: 'c', document_index: 0 }],
    },
  ]);
  assert.deepEqual(container, { skills: null, id: 'c', expires_at: 't' });
  assert.deepEqual(usage['server_tool_use'], { web_search_requests: 2, web_fetch_requests: 0 });
});
