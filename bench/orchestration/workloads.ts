/** What each engine does: steps that do nothing, so that all that is measured is the engine. */
export const WORKLOADS = {
  chain: { title: 'chain of five steps', units: 1 },
  fanOut: { title: 'fan-out of 500', units: 500 },
  chains: { title: '100 chains at once', units: 100 },
  backfill: { title: 'backfill of 31 partitions', units: 31 },
} as const;

export type Workload = keyof typeof WORKLOADS;

export const CHAIN = 5;
export const FIRST_DAY = '2001-03-01';
export const LAST_DAY = '2001-03-31';

/** An engine that is up, with its defaults, on this machine. */
export interface RunningEngine {
  /** The database that it is on, where there is a choice. */
  on?: string;
  /**
   * Does a workload to its end.
   * @returns how many of its units are done: all of them, unless the bound came first
   */
  run(workload: Workload): Promise<number>;
  close(): Promise<void>;
}

/** An engine that can be compared. */
export interface Engine {
  name: string;
  /** Times that the chain is run; the median counts. The first one warms up, and does not. */
  chainRuns: number;
  /** @param bound seconds after which a workload is given up */
  start(say: (line: string) => void, bound: number): Promise<RunningEngine>;
}
