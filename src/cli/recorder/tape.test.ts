import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../../test/fixtures/fake-clock.ts';
import { maxRecordedBytes, maxRecordedPieces } from './defaults.ts';
import { Tape } from './tape.ts';

test('tape: what is beyond the bound passes, is counted and is not kept', () => {
  const tape = new Tape(new FakeClock(), 0);
  tape.add(Buffer.alloc(maxRecordedBytes - 1));
  assert.equal(tape.isWhole, true);
  for (let piece = 0; piece < 3; piece += 1) tape.add(Buffer.alloc(10));
  assert.deepEqual(
    [tape.bytes().length, tape.totalBytes, tape.isWhole],
    [maxRecordedBytes, maxRecordedBytes + 29, false],
  );
});

test('tape: pieces beyond the bound count as part of the last', () => {
  const clock = new FakeClock();
  const tape = new Tape(clock, clock.monotonicMs());
  for (let piece = 0; piece < maxRecordedPieces + 5; piece += 1) {
    tape.add(Buffer.alloc(2));
    clock.advance(1);
  }
  assert.equal(tape.pieces.length, maxRecordedPieces);
  assert.deepEqual(tape.pieces.at(-1), [12, maxRecordedPieces - 1]);
  assert.equal(tape.bytes().length, 2 * (maxRecordedPieces + 5));
});
