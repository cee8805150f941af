// The sockets that calls to one origin run on, each as a lane of its own: undici's Pool looks through all its sockets twice for a
// call and, where they may age, reads the clock for each (docs/adr/0007). Here the last lane that became free is taken.

import type { Client, Dispatcher } from 'undici';
import { Roster, type RosterMember } from '../../core/roster.ts';
import type { Clock } from '../../ports/clock.ts';
import { maxConnectionAgeMs } from './defaults.ts';

/** Carries one call at a time. */
export interface Lane {
  readonly dispatcher: Dispatcher;
}

/** Lanes to one origin. How many are in use is the caller's to bound. */
export interface Lanes {
  /** A lane that carries no call. */
  take(): Lane;
  /** The call has left the lane. A lane on which something failed is not used again: its socket is gone or about to go. */
  give(lane: Lane, hasFailed: boolean): void;
  /** Closes all sockets; calls on them fail with the error. */
  destroy(error: Error): Promise<void>;
}

/**
 * One undici client, that is one socket, for each lane; the next call opens the socket again when it was closed. A socket is
 * closed `maxConnectionAgeMs` after it was opened, once it carries no call: whoever connects anew asks DNS anew, so that a
 * provider that has moved is followed.
 */
export class ClientLanes implements Lanes {
  readonly #createClient: () => Client;
  readonly #clock: Clock;
  readonly #all: Roster<ClientLane> = new Roster();
  /** Never shortened (see core/roster.ts): the first `#freeCount` are the free ones. */
  readonly #free: (ClientLane | undefined)[] = [];
  #freeCount: number = 0;

  constructor(createClient: () => Client, clock: Clock) {
    this.#createClient = createClient;
    this.#clock = clock;
  }

  take(): Lane {
    while (this.#freeCount > 0) {
      this.#freeCount -= 1;
      const lane = this.#free[this.#freeCount];
      this.#free[this.#freeCount] = undefined;
      if (lane === undefined) continue;
      if (this.#clock.monotonicMs() - lane.openedAtMs <= maxConnectionAgeMs) return lane;
      this.#retire(lane);
    }
    const lane = new ClientLane(this.#createClient(), this.#clock);
    this.#all.add(lane);
    return lane;
  }

  give(lane: ClientLane, hasFailed: boolean): void {
    if (hasFailed) this.#retire(lane);
    else {
      this.#free[this.#freeCount] = lane;
      this.#freeCount += 1;
    }
  }

  async destroy(error: Error): Promise<void> {
    await Promise.all(Array.from(this.#all, ({ dispatcher }) => dispatcher.destroy(error)));
    this.#all.clear();
  }

  /** Closes the socket as soon as it carries no call. */
  #retire(lane: ClientLane): void {
    lane.dispatcher.close(() => this.#all.delete(lane));
  }
}

class ClientLane implements Lane, RosterMember {
  readonly dispatcher: Client;
  openedAtMs: number;
  rosterPlace: number = -1;

  constructor(client: Client, clock: Clock) {
    this.dispatcher = client;
    this.openedAtMs = clock.monotonicMs();
    client.on('connect', () => {
      this.openedAtMs = clock.monotonicMs();
    });
  }
}

/** All calls over one dispatcher that shares its sockets out itself. */
export function sharedLanes(dispatcher: Dispatcher): Lanes {
  const lane: Lane = { dispatcher };
  return { take: () => lane, give: () => {}, destroy: (error) => dispatcher.destroy(error) };
}
