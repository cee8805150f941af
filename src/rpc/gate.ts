// A place where one coroutine waits until another lets it go on.

/** Waiting is only for one at a time; opening without anybody waiting does nothing. */
export class Gate {
  #open: (() => void) | undefined;

  /** Resolves at the next `open()`. */
  wait(): Promise<void> {
    return new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  /** Lets whoever waits go on. */
  open(): void {
    const open = this.#open;
    this.#open = undefined;
    open?.();
  }
}
