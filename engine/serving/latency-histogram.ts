import type { ArmStatistics } from '../../schemas/index.js';

/**
 * Upper bounds of the latency buckets in milliseconds: from 0.25 ms to 10 s, each 24.7 % above the one before, so that a
 * quantile interpolated in a bucket is off by less than that.
 */
export const LATENCY_BOUNDS_MS: readonly number[] = Array.from({ length: 49 }, (_, index) =>
  Number((0.25 * 40_000 ** (index / 48)).toPrecision(4)),
);

/** Counts of requests by latency. */
export class LatencyHistogram {
  readonly #counts = new Array<number>(LATENCY_BOUNDS_MS.length + 1).fill(0);
  #sum = 0;

  /** Counts one latency, in milliseconds; a bucket holds the latencies up to and with its bound. */
  record(milliseconds: number): void {
    let low = 0;
    let high = LATENCY_BOUNDS_MS.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (milliseconds <= (LATENCY_BOUNDS_MS[middle] ?? Infinity)) high = middle;
      else low = middle + 1;
    }
    this.#counts[low] = (this.#counts[low] ?? 0) + 1;
    this.#sum += milliseconds;
  }

  snapshot(): ArmStatistics['latency'] {
    return { bounds: [...LATENCY_BOUNDS_MS], counts: [...this.#counts], sum: this.#sum };
  }
}
