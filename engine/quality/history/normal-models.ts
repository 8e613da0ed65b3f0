import { around, meanAndDeviation, tooFew, type Trained } from './model.js';
import type { TimedPoint } from './series.js';

interface NormalOptions {
  sensitivity: number;
  minTrainingSize: number;
}

/**
 * Mean ± sensitivity × standard deviation of the training period: Shewhart's control chart.
 * W. A. Shewhart, Economic Control of Quality of Manufactured Product (1931). Known as BatchNormalStrategy in Deequ.
 */
export function trainBatchNormal(training: readonly TimedPoint[], options: NormalOptions): Trained {
  const missing = tooFew(training.length, options.minTrainingSize);
  if (missing !== undefined) return missing;
  const { mean, deviation } = meanAndDeviation(training.map(({ value }) => value));
  const expectation = around(mean, options.sensitivity * deviation);
  return { trainingSize: training.length, expect: () => expectation, learn: () => undefined };
}

/**
 * The same with a running mean and variance (B. P. Welford, Technometrics 4 (1962) 419-420), from which anomalies are kept out.
 * Deequ's OnlineNormalStrategy counts a point in before it judges it, and so misses any outlier in fewer than eleven points; here
 * a point is judged by those before it alone.
 */
export function trainOnlineNormal(
  training: readonly TimedPoint[],
  options: NormalOptions & { learnAnomalies: boolean },
): Trained {
  const missing = tooFew(training.length, options.minTrainingSize);
  if (missing !== undefined) return missing;
  let count = 0;
  let mean = 0;
  let squares = 0;
  const expectation = () => around(mean, options.sensitivity * Math.sqrt(count < 2 ? 0 : squares / (count - 1)));
  const learn = ({ value }: TimedPoint, anomalous: boolean) => {
    if (!Number.isFinite(value) || (anomalous && !options.learnAnomalies)) return;
    count += 1;
    const before = value - mean;
    mean += before / count;
    squares += before * (value - mean);
  };
  training.forEach((point, index) => {
    const { low, high } = expectation();
    learn(point, index >= options.minTrainingSize && (point.value < low || point.value > high));
  });
  return { trainingSize: count, expect: expectation, learn };
}

/** Makes the median absolute deviation of normal values their standard deviation: 1 / Φ⁻¹(3/4). */
const MAD_SCALE = 1.4826022185056018;
/** The same for the mean absolute deviation: √(π/2). */
const MEAN_DEVIATION_SCALE = Math.sqrt(Math.PI / 2);

/**
 * Median ± sensitivity × 1.4826 × median absolute deviation. Half the history may be outliers and the range still stands.
 * F. R. Hampel, The influence curve and its role in robust estimation, JASA 69 (1974) 383-393; where more than half of the values
 * are equal, the mean absolute deviation stands in, as B. Iglewicz and D. C. Hoaglin, How to Detect and Handle Outliers (1993), advise.
 */
export function trainMad(training: readonly TimedPoint[], options: NormalOptions): Trained {
  const missing = tooFew(training.length, options.minTrainingSize);
  if (missing !== undefined) return missing;
  const values = training.map(({ value }) => value);
  const centre = medianOf(values);
  const deviations = values.map((value) => Math.abs(value - centre));
  const median = medianOf(deviations) * MAD_SCALE;
  const deviation = median > 0 ? median : meanAndDeviation(deviations).mean * MEAN_DEVIATION_SCALE;
  const expectation = around(centre, options.sensitivity * deviation);
  return { trainingSize: training.length, expect: () => expectation, learn: () => undefined };
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
