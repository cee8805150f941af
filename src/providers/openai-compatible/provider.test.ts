import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { chatRequest } from '../../../test/fixtures/calls.ts';
import { useCompatibleProvider } from '../../../test/fixtures/compatible-provider.ts';
import { answerWith } from '../../../test/fixtures/upstream.ts';
import { failureOfCall, modelCall, readParts, textOfParts } from '../../../test/fixtures/upstream-calls.ts';
import { collectResponse } from '../../core/collect.ts';
import { SluiceError } from '../../core/error.ts';
import { textOf } from '../../core/message.ts';

describe('openai-compatible provider', () => {
  const harness = useCompatibleProvider();

  function fixture(name: string): string {
    return readFileSync(join(import.meta.dirname, 'fixtures', name), 'utf8');
  }

  const request = chatRequest('alias');

  test('provider: a question is posted with its headers, and its answer comes back whole', async () => {
    harness.upstream.script = answerWith({ body: fixture('openai-text.json') });
    const provider = harness.create({ apiKey: async () => 'sk-1', headers: { 'X-Tenant': 't', 'User-Agent': 'mine' } });
    const { context } = modelCall('m');
    const traced = { ...context, traceparent: '00-aaaa-bbbb-01', tracestate: 'v=1' };
    const response = await provider.predict(request, modelCall('m-1', { context: traced }));
    assert.equal(textOf(response.content), 'Paris.');
    assert.equal(response.target, 'p/m-1');
    const [exchange] = harness.upstream.exchanges;
    assert.equal(exchange?.method, 'POST');
    assert.equal(exchange?.path, '/v1/chat/completions');
    assert.deepEqual(JSON.parse(exchange?.body ?? ''), {
      model: 'm-1',
      messages: [{ role: 'user', content: 'Hello?' }],
    });
    const { headers } = exchange ?? assert.fail();
    assert.equal(headers['authorization'], 'Bearer sk-1');
    assert.equal(headers['content-type'], 'application/json');
    assert.equal(headers['x-tenant'], 't');
    assert.equal(headers['user-agent'], 'mine');
    assert.equal(headers['traceparent'], '00-aaaa-bbbb-01');
    assert.equal(headers['tracestate'], 'v=1');
    assert.equal(headers['x-request-id'], 'req_1');
  });

  test('provider: a stream arrives in order whatever the pieces, and the socket is used again', async () => {
    const provider = harness.create();
    for (const chunkBytes of [1, 7, 100_000]) {
      harness.upstream.script = answerWith({ body: fixture('openai-text.sse'), chunkBytes });
      const response = await collectResponse(provider.predictStream(request, modelCall('m')));
      assert.equal(textOf(response.content), 'Grüße aus 東京 🗼!');
      assert.equal(response.usage.source, 'provider');
    }
    assert.equal(harness.upstream.exchanges.length, 3);
    // undici frees a socket one turn after its answer has ended: a call that comes at once may open a second one.
    assert.ok(harness.upstream.connections <= 2, `${harness.upstream.connections} connections`);
  });

  test('provider: several choices come together, also from a server that does not stream, and are counted together', async () => {
    const provider = harness.create();
    const said = (index: number, content: string) => ({ index, message: { content }, finish_reason: 'stop' });
    const body = JSON.stringify({ id: 'c', choices: [said(0, 'four'), said(1, 'and eight')] });
    harness.upstream.script = answerWith({ body });
    const several = chatRequest('alias', { sampling: { choiceCount: 2 } });
    const whole = await provider.predict(several, modelCall('m'));
    assert.equal(JSON.parse(harness.upstream.exchanges[0]?.body ?? '').n, 2);
    assert.deepEqual(
      whole.otherChoices?.map(({ content }) => textOf(content)),
      ['and eight'],
    );
    assert.deepEqual([whole.usage.outputTokens, whole.usage.source], [4, 'estimated']);
    assert.deepEqual(await collectResponse(provider.predictStream(several, modelCall('m'))), whole);
  });

  test('provider: nothing is sent before the first part is asked for', async () => {
    harness.upstream.script = answerWith({ body: fixture('openai-text.sse') });
    const stream = harness.create().predictStream(request, modelCall('m'));
    const iterator = stream[Symbol.asyncIterator]();
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(harness.upstream.connections, 0);
    assert.equal((await iterator.next()).value?.type, 'start');
    await iterator.return?.();
    assert.deepEqual(await iterator.next(), { done: true, value: undefined });
  });

  test('provider: several calls of next() are answered in order', async () => {
    harness.upstream.script = answerWith({ body: fixture('openai-text.sse'), chunkBytes: 50 });
    const iterator = harness.create().predictStream(request, modelCall('m'))[Symbol.asyncIterator]();
    const results = await Promise.all(Array.from({ length: 7 }, () => iterator.next()));
    const types = results.map((result) => (result.done === true ? 'done' : result.value.type));
    assert.deepEqual(types, ['start', 'text-delta', 'text-delta', 'text-delta', 'end', 'done', 'done']);
  });

  test('provider: embeddings go to their own path', async () => {
    harness.upstream.script = answerWith({
      body: JSON.stringify({ data: [{ index: 0, embedding: [1, 2] }], model: 'e-1' }),
    });
    const response = await harness.create().embed({ model: 'alias', input: ['text'] }, modelCall('e'));
    assert.deepEqual([...(response.vectors[0] ?? [])], [1, 2]);
    assert.equal(response.target, 'p/e');
    assert.equal(harness.upstream.exchanges[0]?.path, '/v1/embeddings');
  });

  test('provider: the path and the query of the base address are kept', async () => {
    harness.upstream.script = answerWith({ body: fixture('openai-text.json') });
    await harness
      .create({ baseUrl: `${harness.upstream.baseUrl}/deployments/d/?api-version=1` })
      .predict(request, modelCall('m'));
    assert.equal(harness.upstream.exchanges[0]?.path, '/v1/deployments/d/chat/completions?api-version=1');
  });

  test('provider: an address that is none is refused at once', () => {
    for (const baseUrl of ['vllm:8000', 'ftp://x', 'nonsense', 'http://user:pw@x/v1']) {
      const isInvalid = (error: unknown): boolean => error instanceof SluiceError && error.reason === 'config_invalid';
      assert.throws(() => harness.create({ baseUrl }), isInvalid, baseUrl);
    }
  });

  test('provider: the key is read once, also by calls that come together', async () => {
    harness.upstream.script = answerWith({ body: fixture('openai-text.json') });
    let reads = 0;
    const provider = harness.create({
      apiKey: async () => {
        reads += 1;
        return 'sk-1';
      },
    });
    const calls = [1, 2, 3].map(() => provider.predict(request, modelCall('m')));
    await Promise.all([
      ...calls,
      collectResponse(provider.predictStream(request, modelCall('m'))),
      provider.ready(modelCall('m').signal),
    ]);
    assert.equal(reads, 1);
  });

  test('provider: a key that cannot be read fails the call, and is asked for again by the next', async () => {
    harness.upstream.script = answerWith({ body: fixture('openai-text.json') });
    let reads = 0;
    const provider = harness.create({
      apiKey: async () => {
        reads += 1;
        if (reads < 3) throw new SluiceError('config_invalid');
        return 'sk-1';
      },
    });
    assert.equal((await failureOfCall(provider.predict(request, modelCall('m')))).reason, 'config_invalid');
    assert.equal((await readParts(provider.predictStream(request, modelCall('m')))).error?.reason, 'config_invalid');
    assert.equal(textOf((await provider.predict(request, modelCall('m'))).content), 'Paris.');
  });

  test('provider: after 401 the key is read again, and a newer one is used for the same call', async () => {
    harness.upstream.script = (exchange) => {
      const isNew = exchange.headers['authorization'] === 'Bearer sk-new';
      const body = fixture(exchange.body.includes('"stream":true') ? 'openai-text.sse' : 'openai-text.json');
      return answerWith(isNew ? { body } : { status: 401, body: '{"error":{"message":"bad key sk-old12345"}}' })(
        exchange,
      );
    };
    const keys = ['sk-old', 'sk-new', 'sk-never'];
    const provider = harness.create({ apiKey: async () => keys.shift() ?? '' });
    const both = [
      collectResponse(provider.predictStream(request, modelCall('m'))),
      provider.predict(request, modelCall('m')),
    ];
    const texts = (await Promise.all(both)).map((response) => textOf(response.content));
    assert.deepEqual(texts, ['Grüße aus 東京 🗼!', 'Paris.']);
    assert.deepEqual(keys, ['sk-never'], 'two refusals read the key once');
  });

  test('provider: a key that is still refused fails the call without another try', async () => {
    harness.upstream.script = answerWith({ status: 401, body: '{"error":{"message":"bad key sk-old12345"}}' });
    const provider = harness.create({ apiKey: async () => 'sk-old12345' });
    const error = await failureOfCall(provider.predict(request, modelCall('m')));
    assert.equal(error.reason, 'upstream_unauthenticated');
    assert.ok(!`${error.message}${error.detail}`.includes('sk-old12345'));
    assert.equal(harness.upstream.exchanges.length, 1);
    const streamed = await readParts(provider.predictStream(request, modelCall('m')));
    assert.equal(streamed.error?.reason, 'upstream_unauthenticated');
  });

  test('provider: describes the models that it was given', () => {
    const model = { id: 'p/m', targets: ['p/m'], ownedBy: 'x', summary: 's', capabilities: [], createdAtMs: 0 };
    assert.deepEqual(harness.create({ models: [model] }).models(), [model]);
    assert.deepEqual(harness.create().models(), []);
  });

  test('provider: one part is held for the slowest reader, and the text is whole in the end', async () => {
    harness.upstream.script = answerWith({ body: fixture('openai-text.sse'), chunkBytes: 300 });
    const provider = harness.create({ limits: { maxBufferedParts: 1 } });
    const { parts, error } = await readParts(provider.predictStream(request, modelCall('m')));
    assert.equal(error, undefined);
    assert.equal(textOfParts(parts), 'Grüße aus 東京 🗼!');
  });

  test('provider: a header that HTTP does not allow is refused at once', () => {
    const isInvalid = (error: unknown): boolean => error instanceof SluiceError && error.reason === 'config_invalid';
    assert.throws(() => harness.create({ headers: { 'x y': '1' } }), isInvalid);
    assert.throws(() => harness.create({ headers: { x: 'a\r\nb: c' } }), isInvalid);
  });

  test('provider: a call that is aborted while the key is read ends at once', async () => {
    const controller = new AbortController();
    const provider = harness.create({ apiKey: () => new Promise(() => {}) });
    const call = modelCall('m', { signal: controller.signal });
    const both = [
      failureOfCall(provider.predict(request, call)),
      readParts(provider.predictStream(request, call)),
    ] as const;
    controller.abort(new SluiceError('deadline_exceeded'));
    assert.equal((await both[0]).reason, 'deadline_exceeded');
    assert.equal((await both[1]).error?.reason, 'deadline_exceeded');
  });
});
