import { tooFew, type Trained } from './model.js';
import type { TimedPoint } from './series.js';

/** Fixed limits for the change of a metric. */
export interface RateOfChangeOptions {
  minTrainingSize: number;
  change: 'absolute' | 'relative';
  order: number;
  maxIncrease?: number | undefined;
  maxDecrease?: number | undefined;
}

/**
 * The change against earlier points lies within fixed limits, as in Deequ's AbsoluteChangeStrategy and RelativeRateOfChangeStrategy:
 * `absolute` of order d limits the d-th difference, that is the distance from what a polynomial through the last d points goes on to;
 * `relative` of order d limits the change as a share of the value d points back. From 0, any relative change is beyond limits.
 * Points are taken one after the other: a missing partition is not filled in.
 */
export function trainRateOfChange(training: readonly TimedPoint[], options: RateOfChangeOptions): Trained {
  const { order, change, maxIncrease = Infinity, maxDecrease = Infinity } = options;
  const missing = tooFew(training.length, Math.max(order, options.minTrainingSize));
  if (missing !== undefined) return missing;
  const values = training.map(({ value }) => value);
  const back = (steps: number) => values.at(-steps)!;
  return {
    trainingSize: values.length,
    expect() {
      if (change === 'relative') {
        const before = back(order);
        const unit = Math.abs(before);
        return { centre: before, low: before - product(maxDecrease, unit), high: before + product(maxIncrease, unit) };
      }
      let centre = 0;
      let binomial = 1;
      for (let steps = 1; steps <= order; steps += 1) {
        binomial = (binomial * (order - steps + 1)) / steps;
        centre += (steps % 2 === 1 ? binomial : -binomial) * back(steps);
      }
      return { centre, low: centre - maxDecrease, high: centre + maxIncrease };
    },
    learn({ value }) {
      // An anomaly is what the next point follows all the same: a step up is one anomaly, not two.
      if (Number.isFinite(value)) values.push(value);
    },
  };
}

/** Without a limit there is none, also where the unit is 0. */
function product(limit: number, unit: number): number {
  return limit === Infinity ? Infinity : limit * unit;
}
