import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Roster, type RosterMember } from './roster.ts';

interface Named extends RosterMember {
  readonly name: number;
}

const namesOf = (members: Iterable<Named>): number[] => [...members].map(({ name }) => name).sort((a, b) => a - b);

test('roster: holds what a Set would hold after any sequence of additions and removals', () => {
  const steps = fc.array(fc.tuple(fc.constantFrom('add', 'delete', 'add', 'delete', 'clear'), fc.nat({ max: 9 })), {
    maxLength: 80,
  });
  fc.assert(
    fc.property(steps, (taken) => {
      const members = Array.from({ length: 10 }, (_, name): Named => ({ name, rosterPlace: -1 }));
      const roster = new Roster<Named>();
      const model = new Set<Named>();
      for (const [step, name] of taken) {
        const member = members[name] as Named;
        for (const set of [roster, model]) {
          if (step === 'clear') set.clear();
          else set[step](member);
        }
        assert.deepEqual(namesOf(roster), namesOf(model));
        assert.equal(roster.size, model.size);
      }
    }),
  );
});

test('roster: a walk sees the members of its beginning, whoever leaves on the way', () => {
  const members = [1, 2, 3].map((name): Named => ({ name, rosterPlace: -1 }));
  const roster = new Roster<Named>();
  for (const member of members) roster.add(member);
  const seen: number[] = [];
  for (const member of roster) {
    seen.push(member.name);
    for (const each of members) roster.delete(each);
  }
  assert.deepEqual(seen, [1, 2, 3]);
  assert.equal(roster.size, 0);
});
