import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Engine, Pythons } from './engine.js';

const run = promisify(execFile);

/** Timed runs of each engine, of which the median counts; one more goes before them. */
export const RUNS = 5;

/** An engine that takes longer for its first whole process is timed by that one, and once in process. */
export const SLOW_MS = 5000;

/** What one engine needs for a task. */
export interface EngineFigures {
  name: string;
  kind: Engine['kind'];
  version: string;
  /** Files to answer in a process that has its modules loaded and has done it once before, unless it was timed once. */
  inProcessMs: number;
  /** Start of the process to its end. */
  wholeProcessMs: number;
  /** Greatest resident memory of the whole process. */
  peakRssMb: number;
  /** Timed runs of both ways: 1 of an engine that is slow. */
  runs: number;
}

/** What is measured, and with what. */
export interface Measurement<Input extends object> {
  engines: readonly Engine<Input>[];
  input: Input;
  pythons: Pythons;
  /** Python that starts whole processes; it needs no packages. */
  launcher: string;
  say: (line: string) => void;
}

/** Whether engines can do what they are timed at. @throws Error where an answer is wrong */
export async function assertProofs<Input extends object>(
  engines: readonly Engine<Input>[],
  proofs: readonly Input[],
  pythons: Pythons,
): Promise<void> {
  for (const engine of engines) for (const proof of proofs) await timesOf(engine.inProcess(proof, 1, pythons));
}

/**
 * Measures engines on one input. Whole processes take turns, so that what else the machine does meets all of them alike.
 * @throws Error where an engine fails, or its answer is wrong
 */
export async function measure<Input extends object>(measurement: Measurement<Input>): Promise<EngineFigures[]> {
  const { engines, input, pythons, say } = measurement;
  const wholes = await launchInTurns(measurement);
  const figures: EngineFigures[] = [];
  for (const [i, engine] of engines.entries()) {
    const whole = wholes[i]!;
    const once = whole.length === 1;
    const { version, ms } = await timesOf(engine.inProcess(input, once ? 1 : RUNS + 1, pythons));
    figures.push({
      name: engine.name,
      kind: engine.kind,
      version,
      inProcessMs: medianOf(once ? ms : ms.slice(1)),
      wholeProcessMs: medianOf(whole.map((one) => one.ms)),
      peakRssMb: medianOf(whole.map((one) => one.peakRssMb)),
      runs: whole.length,
    });
    say(`in process: ${JSON.stringify(figures.at(-1))}`);
  }
  return figures;
}

/** Median time in process, after a run that does not count. */
export async function measureInProcess<Input extends object>(
  engine: Engine<Input>,
  input: Input,
  pythons: Pythons,
): Promise<number> {
  const { ms } = await timesOf(engine.inProcess(input, RUNS + 1, pythons));
  return medianOf(ms.slice(1));
}

interface Launch {
  code: number;
  ms: number;
  peakRssMb: number;
}

/** Whole processes of each engine: those after the first, or the first alone if it was slow. */
async function launchInTurns<Input extends object>({
  engines,
  input,
  pythons,
  launcher,
  say,
}: Measurement<Input>): Promise<Launch[][]> {
  const launches = engines.map((): Launch[] => []);
  const slow = new Set<number>();
  for (let round = 0; round <= RUNS; round++) {
    say(round === 0 ? 'whole processes: warming up' : `whole processes: round ${round} of ${RUNS}`);
    for (const [i, engine] of engines.entries()) {
      if (slow.has(i)) continue;
      const launched = await launch(engine.whole(input, pythons), launcher);
      if (round === 0 && launched.ms > SLOW_MS) slow.add(i);
      if (round > 0 || slow.has(i)) launches[i]!.push(launched);
    }
  }
  return launches;
}

async function launch(command: string[], launcher: string): Promise<Launch> {
  const { stdout, stderr } = await run(launcher, [join(__dirname, 'peers', 'launch.py'), ...command]);
  const launched = JSON.parse(stdout) as Launch;
  if (launched.code !== 0) throw new Error(`${command.join(' ')} ended with ${launched.code}: ${stderr}`);
  return launched;
}

/** What a process that times itself has printed. */
export async function timesOf([program, ...args]: string[]): Promise<{ version: string; ms: number[] }> {
  const { stdout } = await run(program!, args, { maxBuffer: 64 << 20 });
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as { version: string; ms: number[] };
}

export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return Math.round(sorted[sorted.length >> 1]! * 10) / 10;
}
