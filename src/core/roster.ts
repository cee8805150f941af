// A set of things that come and go all the time, such as the calls under way. V8's own Set leaves a trail of outgrown tables
// that refer to what was removed; once the first has become old, each keeps the next and its dead members alive until the next
// full collection. Measured: 7 KB of the 12 that each request left behind (docs/adr/0007).

/** What a roster can hold: it writes the member's place into it. A member is in one roster at a time. */
export interface RosterMember {
  /** For the roster only; -1: in none. */
  rosterPlace: number;
}

/** A set without an order of its members. */
export class Roster<Member extends RosterMember> implements Iterable<Member> {
  /** Never shortened, for the same reason: an array that shrinks and grows leaves its outgrown stores behind. */
  readonly #places: (Member | undefined)[] = [];
  #size: number = 0;

  get size(): number {
    return this.#size;
  }

  /** Does nothing when it is there already. */
  add(member: Member): void {
    if (this.#places[member.rosterPlace] === member) return;
    member.rosterPlace = this.#size;
    this.#places[this.#size] = member;
    this.#size += 1;
  }

  /** The last member takes the place of the removed one. Does nothing when it is not there. */
  delete(member: Member): void {
    const place = member.rosterPlace;
    if (this.#places[place] !== member) return;
    this.#size -= 1;
    const last = this.#places[this.#size];
    this.#places[this.#size] = undefined;
    member.rosterPlace = -1;
    if (last === undefined || last === member) return;
    this.#places[place] = last;
    last.rosterPlace = place;
  }

  clear(): void {
    for (const member of this) this.delete(member);
  }

  /** Walks over the members of this moment: they may leave, and others may come, on the way. */
  [Symbol.iterator](): Iterator<Member> {
    const members = this.#places.slice(0, this.#size) as Member[];
    return members[Symbol.iterator]();
  }
}
