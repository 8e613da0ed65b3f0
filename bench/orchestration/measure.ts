import { processorSeconds } from './processor-time.js';
import { WORKLOADS, type Engine, type RunningEngine, type Workload } from './workloads.js';

/** What an engine did with a workload. */
export interface Outcome {
  /** Seconds; of the chain the median. */
  seconds: number;
  /** Processor time of the engine with all its processes, and of the client; of the chain the mean. Absent where it cannot be told. */
  processorSeconds?: number;
  done: number;
  of: number;
}

export interface EngineFigures {
  engine: string;
  /** Why it could not be measured, if so. */
  problem?: string;
  outcomes: Partial<Record<Workload, Outcome>>;
}

/** Runs every workload with one engine. What does not end within the bound is told as far as it came. */
export async function measure(
  engine: Engine,
  boundSeconds: number,
  say: (line: string) => void,
): Promise<EngineFigures> {
  const outcomes: EngineFigures['outcomes'] = {};
  let running: RunningEngine;
  try {
    running = await engine.start(say, boundSeconds);
  } catch (error) {
    return { engine: engine.name, problem: told(engine, error, say), outcomes };
  }
  const name = running.on === undefined ? engine.name : `${engine.name}, on ${running.on}`;
  try {
    for (const workload of Object.keys(WORKLOADS) as Workload[]) {
      const times = workload === 'chain' ? engine.chainRuns : 1;
      const outcome = await timed(running, workload, times);
      outcomes[workload] = outcome;
      say(`${engine.name}, ${WORKLOADS[workload].title}: ${inWords(outcome)}`);
    }
  } catch (error) {
    return { engine: name, problem: told(engine, error, say), outcomes };
  } finally {
    await running.close();
  }
  return { engine: name, outcomes };
}

/** One engine that fails does not keep the others from being measured. */
function told(engine: Engine, error: unknown, say: (line: string) => void): string {
  const problem = error instanceof Error ? error.message : String(error);
  say(`${engine.name}: ${problem}`);
  return problem;
}

async function timed(running: RunningEngine, workload: Workload, times: number): Promise<Outcome> {
  const of = WORKLOADS[workload].units;
  const all: number[] = [];
  let done = 0;
  let before = processorSeconds();
  let counting = 0;
  for (let nth = 0; nth < times; nth++) {
    // The one that warms up does not count.
    if (nth === 1) {
      before = processorSeconds();
      counting = 0;
    }
    counting += 1;
    const began = performance.now();
    done = await running.run(workload);
    all.push((performance.now() - began) / 1000);
    if (done < of) break;
  }
  const counted = all.length > 2 ? all.slice(1) : all.slice(-1);
  const after = processorSeconds();
  const processor =
    before === undefined || after === undefined ? {} : { processorSeconds: (after - before) / counting };
  return { seconds: median(counted), ...processor, done, of };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/** `0.27 s`, or `26 of 31 after 70 s`. */
export function inWords({ seconds, done, of }: Outcome): string {
  const text = inSeconds(seconds);
  return done < of ? `${done} of ${of} after ${text}` : text;
}

export function inSeconds(seconds: number): string {
  return `${seconds < 10 ? seconds.toFixed(2) : seconds.toFixed(0)} s`;
}
