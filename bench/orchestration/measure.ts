import { WORKLOADS, type Engine, type RunningEngine, type Workload } from './workloads.js';

/** What an engine did with a workload. */
export interface Outcome {
  /** Seconds; of the chain the median. */
  seconds: number;
  done: number;
  of: number;
}

export interface EngineFigures {
  engine: string;
  outcomes: Partial<Record<Workload, Outcome>>;
}

/** Runs every workload with one engine. What does not end within the bound is told as far as it came. */
export async function measure(
  engine: Engine,
  boundSeconds: number,
  say: (line: string) => void,
): Promise<EngineFigures> {
  const running = await engine.start(say, boundSeconds);
  const outcomes: EngineFigures['outcomes'] = {};
  try {
    for (const workload of Object.keys(WORKLOADS) as Workload[]) {
      const times = workload === 'chain' ? engine.chainRuns : 1;
      const outcome = await timed(running, workload, times);
      outcomes[workload] = outcome;
      say(`${engine.name}, ${WORKLOADS[workload].title}: ${inWords(outcome)}`);
    }
  } finally {
    await running.close();
  }
  return { engine: engine.name, outcomes };
}

async function timed(running: RunningEngine, workload: Workload, times: number): Promise<Outcome> {
  const of = WORKLOADS[workload].units;
  const all: number[] = [];
  let done = 0;
  for (let nth = 0; nth < times; nth++) {
    const began = performance.now();
    done = await running.run(workload);
    all.push((performance.now() - began) / 1000);
    if (done < of) break;
  }
  const counted = all.length > 2 ? all.slice(1) : all.slice(-1);
  return { seconds: median(counted), done, of };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/** `0.27 s`, or `26 of 31 after 70 s`. */
export function inWords({ seconds, done, of }: Outcome): string {
  const text = `${seconds < 10 ? seconds.toFixed(2) : seconds.toFixed(0)} s`;
  return done < of ? `${done} of ${of} after ${text}` : text;
}
