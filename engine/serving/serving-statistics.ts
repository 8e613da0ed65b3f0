import type { Arm, ArmStatistics } from '../../schemas/index.js';
import { LatencyHistogram } from './latency-histogram.js';

/** Arms that are kept for each endpoint after they left it, so that a last measurement can still be taken. */
const KEPT_ARMS = 8;

/** Counts of one version in one role at one endpoint. */
export class ArmCounters {
  readonly #histogram = new LatencyHistogram();
  #requests = 0;
  #errors = 0;

  constructor(
    readonly arm: Arm,
    readonly modelVersion: number,
  ) {}

  /** Counts an answer, or the failure to give one. */
  record(milliseconds: number, failed: boolean): void {
    this.#requests += 1;
    if (failed) this.#errors += 1;
    this.#histogram.record(milliseconds);
  }

  snapshot(): ArmStatistics {
    return {
      arm: this.arm,
      modelVersion: this.modelVersion,
      requests: this.#requests,
      errors: this.#errors,
      latency: this.#histogram.snapshot(),
    };
  }
}

/** Counts of all endpoints of a model server, by arm and version. */
export class ServingStatistics {
  readonly #endpoints = new Map<string, Map<string, ArmCounters>>();

  /** Counters of an arm; they begin with 0 at the first call. */
  arm(endpoint: string, arm: Arm, modelVersion: number): ArmCounters {
    let arms = this.#endpoints.get(endpoint);
    if (arms === undefined) this.#endpoints.set(endpoint, (arms = new Map<string, ArmCounters>()));
    const key = `${arm}/${modelVersion}`;
    let counters = arms.get(key);
    if (counters === undefined) arms.set(key, (counters = new ArmCounters(arm, modelVersion)));
    return counters;
  }

  /** Begins the counters of the arms in force, and drops the oldest of those that left, or they would add up for ever. */
  putInForce(endpoint: string, current: readonly { arm: Arm; modelVersion: number }[]): ArmCounters[] {
    const inForce = new Set(current.map(({ arm, modelVersion }) => this.arm(endpoint, arm, modelVersion)));
    const arms = [...(this.#endpoints.get(endpoint) ?? new Map<string, ArmCounters>())];
    const dropped = arms.filter(([, counters]) => !inForce.has(counters)).slice(0, -KEPT_ARMS);
    for (const [key] of dropped) this.#endpoints.get(endpoint)?.delete(key);
    return dropped.map(([, counters]) => counters);
  }

  snapshot(endpoint: string): ArmStatistics[] {
    return [...(this.#endpoints.get(endpoint)?.values() ?? [])].map((counters) => counters.snapshot());
  }
}
