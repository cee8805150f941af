// What a command may do with the terminal. Commands get it handed in, so tests read what a person would have read.

/** Standard output and standard error. */
export interface Terminal {
  /** Writes a line of result to standard output. */
  line(text: string): void;
  /** Writes text to standard output as it is, without a newline: streamed answers. */
  text(text: string): void;
  /** Writes a line for the person to standard error: progress, warnings, failures. */
  note(text: string): void;
  /** Replaces the current progress line on standard error; on anything but a terminal it is silent. */
  progress(text: string): void;
  /** True when a person reads standard output. */
  readonly isInteractive: boolean;
}

/** A writable stream as Node has it. */
interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

/** The terminal over two streams. */
export function createTerminal(stdout: Output, stderr: Output): Terminal {
  let hasProgress = false;
  const endProgress = (): void => {
    if (hasProgress) stderr.write('\r\u001b[2K');
    hasProgress = false;
  };
  return {
    line(text) {
      endProgress();
      stdout.write(`${text}\n`);
    },
    text(text) {
      stdout.write(text);
    },
    note(text) {
      endProgress();
      stderr.write(`${text}\n`);
    },
    progress(text) {
      if (stderr.isTTY !== true) return;
      hasProgress = true;
      stderr.write(`\r\u001b[2K${text}`);
    },
    isInteractive: stdout.isTTY === true,
  };
}
