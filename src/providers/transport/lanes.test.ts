import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { chatRequest } from '../../../test/fixtures/calls.ts';
import { useCompatibleProvider } from '../../../test/fixtures/compatible-provider.ts';
import { answerWith } from '../../../test/fixtures/upstream.ts';
import { modelCall } from '../../../test/fixtures/upstream-calls.ts';
import { maxConnectionAgeMs } from './defaults.ts';

describe('lanes', () => {
  const harness = useCompatibleProvider();

  test('lanes: a socket serves call after call until it is old, then the next call opens another', async () => {
    harness.upstream.script = answerWith({ body: '{"choices":[{"message":{"content":"a"}}]}' });
    const provider = harness.create();
    const ask = (): Promise<unknown> => provider.predict(chatRequest('alias'), modelCall('m'));
    await ask();
    harness.clock.advance(maxConnectionAgeMs);
    await ask();
    assert.equal(harness.upstream.connections, 1, 'not older than it may be');
    harness.clock.advance(1);
    await ask();
    assert.equal(harness.upstream.connections, 2, 'the old socket was replaced');
    await ask();
    assert.equal(harness.upstream.connections, 2, 'the new one is as good as the old one was');
  });
});
