// Many timers behind one of Node's. A call sets three that are cancelled within milliseconds: as a number in a heap such a timer
// costs next to nothing, and unlike Node's linked lists a heap keeps nothing alive that was taken out (docs/adr/0007).

import type { Timer } from '../../ports/clock.ts';

/** Longest delay that setTimeout takes: beyond it Node warns and fires after 1 ms. A longer wait is made of several. */
const maxDelayMs = 2 ** 31 - 1;

/** Timers on `performance.now()`. None keeps the process alive. */
export class TimerQueue {
  /**
   * A binary heap: the parent of place p is at (p - 1) >> 1 and is due no later than p. Never shortened: an array that shrinks
   * and grows leaves its outgrown stores behind, with what they hold.
   */
  readonly #heap: (QueuedTimer | undefined)[] = [];
  #size: number = 0;
  #armed: NodeJS.Timeout | undefined;
  #firesAtMs: number = Number.POSITIVE_INFINITY;

  /** Runs `run` once, `delayMs` from now or a little later. */
  set(delayMs: number, run: () => void): Timer {
    const timer = new QueuedTimer(this, performance.now() + Math.max(0, delayMs), run);
    this.#size += 1;
    this.#rise(timer, this.#size - 1);
    if (timer.atMs < this.#firesAtMs) this.#arm(timer.atMs);
    return timer;
  }

  /** Takes a timer out. Node's timer stays armed: when it fires too early, it finds nothing due and is set anew. */
  remove(timer: QueuedTimer): void {
    const { place } = timer;
    if (place === -1) return;
    timer.place = -1;
    this.#size -= 1;
    const last = this.#heap[this.#size];
    this.#heap[this.#size] = undefined;
    if (last === undefined || last === timer) return;
    this.#rise(last, place);
    this.#sink(last, last.place);
  }

  #arm(atMs: number): void {
    clearTimeout(this.#armed);
    this.#firesAtMs = atMs;
    const delayMs = Math.min(Math.max(1, Math.ceil(atMs - performance.now())), maxDelayMs);
    this.#armed = setTimeout(() => this.#fire(), delayMs).unref();
  }

  /** Runs what is due. Armed for the rest also when one of them throws. */
  #fire(): void {
    this.#firesAtMs = Number.POSITIVE_INFINITY;
    const nowMs = performance.now();
    try {
      for (let next = this.#heap[0]; next !== undefined && next.atMs <= nowMs; next = this.#heap[0]) {
        this.remove(next);
        next.run();
      }
    } finally {
      const next = this.#heap[0];
      if (next !== undefined && next.atMs < this.#firesAtMs) this.#arm(next.atMs);
    }
  }

  /** Puts the timer at the place, or above it, where its parent is due no later. */
  #rise(timer: QueuedTimer, from: number): void {
    let place = from;
    while (place > 0) {
      const above = this.#heap[(place - 1) >> 1];
      if (above === undefined || above.atMs <= timer.atMs) break;
      this.#put(above, place);
      place = (place - 1) >> 1;
    }
    this.#put(timer, place);
  }

  /** Puts the timer at the place, or below it, where its children are due no earlier. */
  #sink(timer: QueuedTimer, from: number): void {
    let place = from;
    for (;;) {
      let child = this.#heap[2 * place + 1];
      const right = this.#heap[2 * place + 2];
      if (child !== undefined && right !== undefined && right.atMs < child.atMs) child = right;
      if (child === undefined || child.atMs >= timer.atMs) break;
      const childPlace = child.place;
      this.#put(child, place);
      place = childPlace;
    }
    this.#put(timer, place);
  }

  #put(timer: QueuedTimer, place: number): void {
    this.#heap[place] = timer;
    timer.place = place;
  }
}

/** A timer and its place in the heap; -1: not in it. */
class QueuedTimer implements Timer {
  readonly atMs: number;
  readonly run: () => void;
  place: number = -1;
  readonly #queue: TimerQueue;

  constructor(queue: TimerQueue, atMs: number, run: () => void) {
    this.#queue = queue;
    this.atMs = atMs;
    this.run = run;
  }

  cancel(): void {
    this.#queue.remove(this);
  }
}
