import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const COPY = "require('fs').copyFileSync(process.argv[1], process.argv[2], require('fs').constants.COPYFILE_FICLONE)";

/**
 * Copies a database file that this process has open. Another process does it: POSIX drops all locks of a process on a file
 * when the process closes any descriptor of it, so a copy made here would let others open the database.
 */
export async function copyOpenFile(from: string, to: string): Promise<void> {
  await promisify(execFile)(process.execPath, ['-e', COPY, from, to]);
}
