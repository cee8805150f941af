import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../../test/fixtures/fake-clock.ts';
import { createSystemIds } from './ids.ts';

test('system ids: 26 characters of Crockford base 32 after the prefix', () => {
  assert.match(createSystemIds(new FakeClock()).next('req_'), /^req_[0-9A-HJKMNP-TV-Z]{26}$/);
});

test('system ids: they sort in the order they were made and never repeat, however many fall into a millisecond', () => {
  const clock = new FakeClock();
  const ids = createSystemIds(clock);
  const made: string[] = [];
  for (let at = 0; at < 5_000; at += 1) {
    made.push(ids.next(''));
    if (at % 1_500 === 0) clock.advance(1);
  }
  assert.deepEqual(made.toSorted(), made);
  assert.equal(new Set(made).size, made.length);
});

test('system ids: the time is the first ten characters', () => {
  const clock = new FakeClock();
  const ids = createSystemIds(clock);
  const first = ids.next('');
  clock.advance(86_400_000);
  assert.ok(ids.next('').slice(0, 10) > first.slice(0, 10));
  const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
  const decoded = [...first.slice(0, 10)].reduce((sum, char) => sum * 32 + alphabet.indexOf(char), 0);
  assert.equal(decoded, Date.UTC(2026, 0, 1));
});

test('system ids: random bytes have the asked length, do not share memory and do not repeat', () => {
  const ids = createSystemIds(new FakeClock());
  const seen = new Set<string>();
  for (let round = 0; round < 1_000; round += 1) seen.add(Buffer.from(ids.randomBytes(16)).toString('hex'));
  assert.equal(seen.size, 1_000);
  assert.equal(ids.randomBytes(100_000).length, 100_000);
  assert.equal(ids.randomBytes(0).length, 0);
  const one = ids.randomBytes(8);
  const copy = Buffer.from(one).toString('hex');
  for (let round = 0; round < 2_000; round += 1) ids.randomBytes(8);
  assert.equal(Buffer.from(one).toString('hex'), copy);
});

test('system ids: random floats are in [0, 1)', () => {
  const ids = createSystemIds(new FakeClock());
  for (let round = 0; round < 1_000; round += 1) {
    const value = ids.random();
    assert.ok(value >= 0 && value < 1);
  }
});
