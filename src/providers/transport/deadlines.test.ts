import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FakeClock } from '../../../test/fixtures/fake-clock.ts';
import { DeadlineWatch, type Watched } from './deadlines.ts';

test('deadlines: many deadlines, moved and removed, fire each at its own moment behind one timer', () => {
  const step = fc.record({
    item: fc.nat(5),
    action: fc.constantFrom('add', 'move', 'remove', 'advance'),
    ms: fc.integer({ min: 1, max: 50 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const clock = new FakeClock();
      const watch = new DeadlineWatch(clock);
      const watched = new Set<number>();
      const items = Array.from({ length: 6 }, (_, index) => {
        const item: Watched = {
          rosterPlace: -1,
          deadlineMs: 0,
          expire() {
            assert.ok(watched.has(index), 'only what is watched expires');
            assert.equal(clock.monotonicMs(), item.deadlineMs, 'at its moment, neither before nor after');
            watched.delete(index);
            watch.remove(item);
          },
        };
        return item;
      });
      for (const { item: index, action, ms } of steps) {
        const item = items[index] ?? assert.fail();
        if (action === 'advance') clock.advance(ms);
        else if (action === 'remove') {
          watched.delete(index);
          watch.remove(item);
        } else if (action === 'add' ? !watched.has(index) : watched.has(index)) {
          item.deadlineMs = clock.monotonicMs() + ms;
          watched.add(index);
          if (action === 'add') watch.add(item);
          else watch.update(item);
        }
        assert.ok(clock.pendingTimers <= 1);
      }
      clock.advance(100);
      assert.deepEqual([...watched], [], 'nothing is forgotten');
      watch.close();
      assert.equal(clock.pendingTimers, 0);
    }),
  );
});

test('deadlines: a closed watch takes nothing more', () => {
  const clock = new FakeClock();
  const watch = new DeadlineWatch(clock);
  watch.close();
  watch.add({ rosterPlace: -1, deadlineMs: 1, expire: () => assert.fail() });
  clock.advance(10);
  assert.equal(clock.pendingTimers, 0);
});
