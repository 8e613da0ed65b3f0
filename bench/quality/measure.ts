import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Engine, Pythons, Task } from './engines.js';

const run = promisify(execFile);

/** Timed runs of each engine, of which the median counts; one more goes before them. */
export const RUNS = 5;

/** What one engine needs for a file. */
export interface EngineFigures {
  name: string;
  kind: Engine['kind'];
  version: string;
  /** File to verdict in a process that has its modules loaded and has done it once before. */
  inProcessMs: number;
  /** Start of the process to its end. */
  wholeProcessMs: number;
  /** Greatest resident memory of the whole process. */
  peakRssMb: number;
}

/** Whether an engine tells good from bad: all checks must fail on the spoiled file. */
export async function assertJudges(engine: Engine, spoiled: Task, pythons: Pythons): Promise<void> {
  await commandOf(engine.inProcess(spoiled, 1, pythons));
}

/**
 * Measures engines on one file. Whole processes take turns, so that what else the machine does meets all of them alike.
 * @throws Error where an engine fails, or its verdict is wrong
 */
export async function measure(
  engines: readonly Engine[],
  task: Task,
  pythons: Pythons,
  say: (line: string) => void,
): Promise<EngineFigures[]> {
  const wholes = engines.map((): Launch[] => []);
  for (let round = 0; round <= RUNS; round++) {
    say(round === 0 ? 'whole processes: warming up' : `whole processes: round ${round} of ${RUNS}`);
    for (const [i, engine] of engines.entries()) {
      const launched = await launch(engine.whole(task, pythons), pythons);
      if (round > 0) wholes[i]!.push(launched);
    }
  }
  const figures: EngineFigures[] = [];
  for (const [i, engine] of engines.entries()) {
    const { version, ms } = await commandOf(engine.inProcess(task, RUNS + 1, pythons));
    figures.push({
      name: engine.name,
      kind: engine.kind,
      version,
      inProcessMs: median(ms.slice(1)),
      wholeProcessMs: median(wholes[i]!.map((one) => one.ms)),
      peakRssMb: median(wholes[i]!.map((one) => one.peakRssMb)),
    });
    say(`in process: ${JSON.stringify(figures.at(-1))}`);
  }
  return figures;
}

/** How much more 200 checks cost than twelve, in process. */
export interface ManyChecks {
  engine: string;
  twelveMs: number;
  twoHundredMs: number;
  ratio: number;
}

/** Measures the engines with 200 checks; `figures` tell of the twelve. */
export async function measureManyChecks(
  engines: readonly Engine[],
  figures: readonly EngineFigures[],
  task: Task,
  pythons: Pythons,
): Promise<ManyChecks[]> {
  const many: ManyChecks[] = [];
  for (const engine of engines.filter(({ kind }) => kind === 'millrace')) {
    const { ms } = await commandOf(engine.inProcess(task, RUNS + 1, pythons));
    const twelveMs = figures.find(({ name }) => name === engine.name)!.inProcessMs;
    const twoHundredMs = median(ms.slice(1));
    many.push({
      engine: engine.name,
      twelveMs,
      twoHundredMs,
      ratio: Math.round((twoHundredMs / twelveMs) * 100) / 100,
    });
  }
  return many;
}

interface Launch {
  code: number;
  ms: number;
  peakRssMb: number;
}

async function launch(command: string[], { peers }: Pythons): Promise<Launch> {
  const { stdout, stderr } = await run(peers, [join(__dirname, 'peers', 'launch.py'), ...command]);
  const launched = JSON.parse(stdout) as Launch;
  if (launched.code !== 0) throw new Error(`${command.join(' ')} ended with ${launched.code}: ${stderr}`);
  return launched;
}

async function commandOf([program, ...args]: string[]): Promise<{ version: string; ms: number[] }> {
  const { stdout } = await run(program!, args, { maxBuffer: 64 << 20 });
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as { version: string; ms: number[] };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return Math.round(sorted[sorted.length >> 1]! * 10) / 10;
}
