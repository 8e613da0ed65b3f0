import { closeSync, openSync, writeSync } from 'node:fs';

/** Lines are written in pieces of about so many characters. */
const PIECE = 1 << 16;

/** What the line of a row says that fails no check. */
export const PASSES = '-';

/**
 * Failing rows on their way into a file: a line for each row of the dataset, in order, with the numbers of the checks that it fails,
 * ascending and joined by `|`, or `-`. So whoever reads the rows in order reads their lines beside them, and nothing needs to be joined
 * or sorted. Belongs into a thread.
 */
export interface FailingRowsFile {
  /** A row of the current file fails a check; both are numbered from 0. */
  add: (check: number, row: number) => void;
  /** All rows of the current file before this one are judged. */
  judgedUpTo(row: number): void;
  /** The rows that follow are of another file. */
  startFile(): void;
  close(): void;
}

/** Makes the file: two bytes for each row that passes. */
export function createFailingRowsFile(path: string): FailingRowsFile {
  const descriptor = openSync(path, 'w');
  let written = 0;
  let failed: (number[] | undefined)[] = [];
  let text = '';
  const flush = () => {
    for (let bytes = Buffer.from(text); bytes.length > 0;) bytes = bytes.subarray(writeSync(descriptor, bytes));
    text = '';
  };
  return {
    add(check, row) {
      (failed[row - written] ??= []).push(check);
    },
    judgedUpTo(row) {
      for (let i = 0; i < row - written; i++) {
        // Checks that share a kernel are told before others that come between them in the suite.
        const checks = failed[i];
        text += checks === undefined ? `${PASSES}\n` : `${checks.sort((a, b) => a - b).join('|')}\n`;
        if (text.length > PIECE) flush();
      }
      written = row;
      failed = [];
    },
    startFile() {
      written = 0;
    },
    close() {
      try {
        flush();
      } finally {
        closeSync(descriptor);
      }
    },
  };
}
