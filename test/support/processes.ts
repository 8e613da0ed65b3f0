import { readdir, readFile } from 'node:fs/promises';

/** A process and its command line. */
export interface ProcessLine {
  pid: number;
  command: string;
}

/**
 * Processes whose command line or environment names a folder: everything that Millrace started for a data folder does.
 * Linux only, where the tests of processes run.
 */
export async function processesUnder(folder: string): Promise<ProcessLine[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(
    pids.map(async (pid) => {
      if (pid === process.pid) return [];
      const [command, environment] = await Promise.all([read(pid, 'cmdline'), read(pid, 'environ')]);
      return command.includes(folder) || environment.includes(folder)
        ? [{ pid, command: command.replaceAll('\0', ' ') }]
        : [];
    }),
  );
  return found.flat();
}

async function read(pid: number, name: string): Promise<string> {
  // A process that has just ended, or belongs to somebody else, has nothing to read.
  return readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => '');
}
