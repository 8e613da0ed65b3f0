import { execFileSync } from 'node:child_process';

/** The processes of the embedded mode. */
export type Member = 'temporal' | 'lineage' | 'worker';

export interface Usage {
  /** Megabytes in memory. */
  rssMb: number;
  /** Processor seconds since its start. */
  processorSeconds: number;
}

interface Row extends Usage {
  pid: number;
  parent: number;
  command: string;
}

/** What the processes below this one use, by what they are. */
export function usageOfMembers(): Partial<Record<Member, Usage>> {
  const rows = processTable();
  const below = new Set([process.pid]);
  // Parents may come after their children in the table.
  for (let size = 0; size < below.size;) {
    size = below.size;
    for (const { pid, parent } of rows) if (below.has(parent)) below.add(pid);
  }
  const found: Partial<Record<Member, Usage>> = {};
  for (const { pid, command, rssMb, processorSeconds } of rows) {
    const member = below.has(pid) ? memberOf(command) : undefined;
    if (member !== undefined) found[member] = { rssMb, processorSeconds };
  }
  return found;
}

function memberOf(command: string): Member | undefined {
  if (/^\S*temporal server start-dev/.test(command)) return 'temporal';
  if (/ worker --role lineage/.test(command)) return 'lineage';
  return / worker --role orchestration/.test(command) ? 'worker' : undefined;
}

function processTable(): Row[] {
  const text = execFileSync('ps', ['-axo', 'pid=,ppid=,rss=,time=,args='], { encoding: 'utf8', maxBuffer: 2 ** 26 });
  return text.split('\n').flatMap((line) => {
    const [, pid, parent, rss, time = '', command = ''] = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    if (pid === undefined) return [];
    const row = { pid: Number(pid), parent: Number(parent), rssMb: Math.round(Number(rss) / 1024), command };
    return [{ ...row, processorSeconds: secondsOf(time) }];
  });
}

/** Of `[[days-]hours:]minutes:seconds`. */
function secondsOf(time: string): number {
  const [clock = '', days = '0'] = time.split('-').reverse();
  return clock.split(':').reduce((sum, part) => sum * 60 + Number(part), 0) + Number(days) * 86_400;
}
