// The file of a recording: one JSON line for each interaction, on disk before the next one is written.

import { type FileHandle, open } from 'node:fs/promises';
import type { RecordedRow } from './interaction.ts';

/** An open recording. */
export interface RecordingFile {
  /** Adds a line; resolves when it is on disk. Lines are written in the order of the calls. */
  add(row: RecordedRow): Promise<void>;
  /** Waits for what was added, then closes. */
  close(): Promise<void>;
}

/** Opens a recording; one that exists is added to. Only this user can read it: answers may hold what a person wrote. */
export async function openRecordingFile(path: string): Promise<RecordingFile> {
  const file: FileHandle = await open(path, 'a', 0o600);
  let last: Promise<void> = Promise.resolve();
  return {
    add(row) {
      const line = `${JSON.stringify(row)}\n`;
      const written = last.then(async () => {
        await file.appendFile(line);
        await file.datasync();
      });
      // The next line is tried as well; whoever added this one is told.
      last = written.catch(() => undefined);
      return written;
    },
    async close() {
      await last;
      await file.close();
    },
  };
}
