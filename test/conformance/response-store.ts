// The contract of the ResponseStore port as tests. Every adapter runs it: see response-store.test.ts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SluiceError } from '../../src/core/error.ts';
import type { ResponseStore, StoredResponse } from '../../src/ports/response-store.ts';

/** A store, a second handle on the same data as another process would hold it, and its time. */
export interface ResponseStoreUnderTest {
  readonly store: ResponseStore;
  readonly other: ResponseStore;
  /** How long the store keeps answers. */
  readonly ttlMs: number;
  advance(byMs: number): void;
  close(): Promise<void>;
}

/** An answer with the fields that a test does not care about filled in. */
export function storedResponse(id: string, fields: Partial<StoredResponse> = {}): StoredResponse {
  return { tenantId: 't', id, createdAtMs: 1_000, body: '{}', input: '[]', itemIds: [], ...fields };
}

/** Registers the suite for one adapter. `open` makes an empty store. */
export function testResponseStore(adapter: string, open: () => Promise<ResponseStoreUnderTest>): void {
  const check = (sentence: string, run: (subject: ResponseStoreUnderTest) => Promise<void>): void => {
    test(`${adapter} response store: ${sentence}`, async () => {
      const subject = await open();
      try {
        await run(subject);
      } finally {
        await subject.close();
      }
    });
  };

  check('gives back what was put, to every process', async ({ store, other }) => {
    const bare = storedResponse('resp_1');
    const full = storedResponse('resp_2', {
      createdAtMs: 1_767_225_600_000,
      previousId: 'resp_1',
      body: '{"text":"Zoë’s \\u0000 “answer” 🙂"}',
      input: '[{"role":"user"}]',
      itemIds: ['msg_1', 'rs_1'],
    });
    await store.put(bare);
    await store.put(full);
    assert.deepEqual(await other.get('t', 'resp_1'), bare);
    assert.deepEqual({ ...(await other.get('t', 'resp_2')), itemIds: [] }, { ...full, itemIds: [] });
    assert.deepEqual((await other.get('t', 'resp_2'))?.itemIds.toSorted(), ['msg_1', 'rs_1']);
    assert.equal(await store.get('t', 'resp_3'), undefined);
  });

  check('refuses the same id twice and keeps the first', async ({ store }) => {
    await store.put(storedResponse('resp_1', { body: '{"first":true}' }));
    await assert.rejects(
      store.put(storedResponse('resp_1', { body: '{}', itemIds: ['msg_9'] })),
      (error: unknown) => error instanceof SluiceError && error.reason === 'already_exists',
    );
    assert.equal((await store.get('t', 'resp_1'))?.body, '{"first":true}');
    assert.equal((await store.locateItems('t', ['msg_9'])).size, 0);
  });

  check('keeps tenants apart in every method', async ({ store }) => {
    await store.put(storedResponse('resp_1', { itemIds: ['msg_1'] }));
    assert.equal(await store.get('u', 'resp_1'), undefined);
    assert.equal(await store.delete('u', 'resp_1'), false);
    assert.equal((await store.locateItems('u', ['msg_1'])).size, 0);
    await store.put(storedResponse('resp_1', { tenantId: 'u', body: '{"other":true}', itemIds: ['msg_1'] }));
    assert.equal((await store.get('t', 'resp_1'))?.body, '{}');
    assert.equal(await store.delete('u', 'resp_1'), true);
    assert.notEqual(await store.get('t', 'resp_1'), undefined);
    assert.deepEqual([...(await store.locateItems('t', ['msg_1']))], [['msg_1', 'resp_1']]);
  });

  check('forgets what is deleted, once', async ({ store, other }) => {
    await store.put(storedResponse('resp_1', { itemIds: ['msg_1'] }));
    assert.equal(await other.delete('t', 'resp_1'), true);
    assert.equal(await store.get('t', 'resp_1'), undefined);
    assert.equal((await store.locateItems('t', ['msg_1'])).size, 0);
    assert.equal(await store.delete('t', 'resp_1'), false);
  });

  check('finds the newest answer of an item', async ({ store }) => {
    await store.put(storedResponse('resp_2', { createdAtMs: 2_000, itemIds: ['msg_1', 'msg_2'] }));
    await store.put(storedResponse('resp_1', { createdAtMs: 1_000, itemIds: ['msg_1', 'msg_1'] }));
    const found = await store.locateItems('t', ['msg_2', 'msg_1', 'msg_3']);
    assert.deepEqual([...found].toSorted(), [
      ['msg_1', 'resp_2'],
      ['msg_2', 'resp_2'],
    ]);
    await store.delete('t', 'resp_2');
    assert.deepEqual([...(await store.locateItems('t', ['msg_1', 'msg_2']))], [['msg_1', 'resp_1']]);
  });

  check('forgets what has expired, to the millisecond', async ({ store, ttlMs, advance }) => {
    await store.put(storedResponse('resp_1', { itemIds: ['msg_1'] }));
    advance(ttlMs - 1);
    assert.notEqual(await store.get('t', 'resp_1'), undefined);
    advance(1);
    assert.equal(await store.get('t', 'resp_1'), undefined);
    assert.equal(await store.delete('t', 'resp_1'), false);
    assert.equal((await store.locateItems('t', ['msg_1'])).size, 0);
  });

  check('takes an answer of several megabytes', async ({ store }) => {
    const body = JSON.stringify({ text: 'ü'.repeat(3_000_000) });
    await store.put(storedResponse('resp_1', { body }));
    assert.equal((await store.get('t', 'resp_1'))?.body.length, body.length);
  });

  check('rejects with store_unavailable once it is closed', async ({ store, close }) => {
    await close();
    const isDown = (error: unknown): boolean => error instanceof SluiceError && error.reason === 'store_unavailable';
    await assert.rejects(store.put(storedResponse('resp_1')), isDown);
    await assert.rejects(store.get('t', 'resp_1'), isDown);
    await assert.rejects(store.delete('t', 'resp_1'), isDown);
    await assert.rejects(store.locateItems('t', ['msg_1']), isDown);
  });
}
