import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startHttpProxy } from '../../../test/fixtures/http-proxy.ts';
import { answerWith, startUpstream } from '../../../test/fixtures/upstream.ts';
import { createProxiedFetch } from './proxied-fetch.ts';

test('proxied fetch: asks through the proxy, with method, headers and body', async () => {
  const upstream = await startUpstream(answerWith({ body: '{"access_token":"t"}' }));
  const proxy = await startHttpProxy();
  const proxied = createProxiedFetch(proxy.url);
  try {
    const headers = new Headers({ 'x-a': 'b' });
    const answer = await proxied.fetch(new URL(`${upstream.baseUrl}/token`), { method: 'POST', headers, body: 'x=1' });
    assert.deepEqual(await answer.json(), { access_token: 't' });
    assert.deepEqual(proxy.seen, [`${upstream.baseUrl}/token`]);
    const [sent] = upstream.exchanges;
    assert.deepEqual([sent?.path, sent?.body, sent?.headers['x-a']], ['/v1/token', 'x=1', 'b']);
  } finally {
    await proxied.close();
    await proxy.close();
    await upstream.close();
  }
});
