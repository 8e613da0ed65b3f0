import { closeSync, openSync, writeSync } from 'node:fs';

/** Lines are written in pieces of about so many characters. */
const PIECE = 1 << 16;

/** Failing rows on their way into a file: CSV without a header, `file,check,row`, numbers from 0. Belongs into a thread. */
export interface FailingRowsFile {
  /** The rows that follow are of the file with this number. */
  startFile(index: number): void;
  /** A row fails a check. */
  add: (check: number, row: number) => void;
  close(): void;
}

/** Makes the file; a million failing rows take about 12 MB of it, and no memory. */
export function createFailingRowsFile(path: string): FailingRowsFile {
  const descriptor = openSync(path, 'w');
  let file = 0;
  let text = '';
  const flush = () => {
    for (let bytes = Buffer.from(text); bytes.length > 0;) bytes = bytes.subarray(writeSync(descriptor, bytes));
    text = '';
  };
  return {
    startFile(index) {
      file = index;
    },
    add(check, row) {
      text += `${file},${check},${row}\n`;
      if (text.length > PIECE) flush();
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
