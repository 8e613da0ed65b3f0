import { readdirSync, readFileSync } from 'node:fs';

/** Clock ticks a second: what Linux tells every program, whatever its kernel counts in. */
const TICKS = 100;

interface ProcessTimes {
  parent: number;
  seconds: number;
}

/**
 * Seconds of processor time that this process and all that descend from it have taken, those that ended included: other work
 * on the machine is not in it. Undefined where there is no `/proc`.
 */
export function processorSeconds(root = process.pid): number | undefined {
  const all = allProcesses();
  if (!all.has(root)) return undefined;
  let seconds = 0;
  for (const [pid, times] of all) if (descends(all, pid, root)) seconds += times.seconds;
  return seconds;
}

function descends(all: Map<number, ProcessTimes>, pid: number, root: number): boolean {
  for (let at = pid; at > 0; at = all.get(at)?.parent ?? 0) if (at === root) return true;
  return false;
}

function allProcesses(): Map<number, ProcessTimes> {
  const all = new Map<number, ProcessTimes>();
  let names: string[] = [];
  try {
    names = readdirSync('/proc');
  } catch {
    return all;
  }
  for (const name of names) {
    const times = /^\d+$/.test(name) ? timesOf(name) : undefined;
    if (times !== undefined) all.set(Number(name), times);
  }
  return all;
}

function timesOf(pid: string): ProcessTimes | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name of the program, in brackets, may have spaces and brackets in it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
    return { parent: Number(fields[1]), seconds: ticks / TICKS };
  } catch {
    return undefined; // it has ended meanwhile
  }
}
