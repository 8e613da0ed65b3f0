import type { Moments } from './profile.js';

/** Moments of nothing. */
export function emptyMoments(): Moments {
  return { count: 0, mean: 0, m2: 0, min: 0, max: 0, sum: 0, infinite: 0 };
}

/** Takes in `weight` rows of one finite value. */
export function addToMoments(moments: Moments, value: number, weight = 1): void {
  if (weight === 0) return;
  moments.sum += value * weight;
  if (moments.count === 0) {
    // The mean of one value is that value: weighing it would round, and a constant would get a deviation.
    moments.count = weight;
    moments.mean = moments.min = moments.max = value;
    return;
  }
  if (value < moments.min) moments.min = value;
  else if (value > moments.max) moments.max = value;
  moments.count += weight;
  const delta = value - moments.mean - (moments.meanRest ?? 0);
  moveMean(moments, (delta * weight) / moments.count);
  moments.m2 += delta * (value - moments.mean - moments.meanRest!) * weight;
}

/** Adds to a mean of two doubles, the second for what the first cannot hold (Dekker 1971). */
function moveMean(moments: Moments, by: number): void {
  const rest = (moments.meanRest ?? 0) + by;
  const { mean } = moments;
  moments.mean = mean + rest;
  const taken = moments.mean - mean;
  moments.meanRest = mean - (moments.mean - taken) + (rest - taken);
}

/** Moments of integers of two words that all fit into 32 bits with a sign, of which least, greatest and sum are known. */
export function momentsOfWords(
  words: Int32Array,
  length: number,
  known: { least: number; greatest: number; sum: number },
) {
  const mean = known.sum / length;
  let m2 = 0;
  let rest = 0;
  for (let at = 0; at < 2 * length; at += 2) {
    const delta = words[at]! - mean;
    m2 += delta * delta;
    rest += delta;
  }
  return aroundMean(length, known.least, known.greatest, known.sum, m2, rest);
}

/** Moments of finite numbers; two passes, which is more exact than one. */
export function momentsOf(values: Float64Array, length: number): Moments {
  if (length === 0) return emptyMoments();
  let sum = 0;
  let min = values[0]!;
  let max = min;
  for (let i = 0; i < length; i++) {
    const value = values[i]!;
    sum += value;
    if (value < min) min = value;
    else if (value > max) max = value;
  }
  const mean = sum / length;
  let m2 = 0;
  let rest = 0;
  for (let i = 0; i < length; i++) {
    const delta = values[i]! - mean;
    m2 += delta * delta;
    rest += delta;
  }
  return aroundMean(length, min, max, sum, m2, rest);
}

/**
 * @param m2 sum of the squares of the distances from the rounded mean
 * @param rest sum of these distances, which a mean that was not rounded would make 0
 */
function aroundMean(count: number, min: number, max: number, sum: number, m2: number, rest: number): Moments {
  if (min === max) return { count, mean: min, m2: 0, min, max, sum, infinite: 0 };
  const moments = { count, mean: sum / count, m2: Math.max(0, m2 - (rest * rest) / count), min, max, sum, infinite: 0 };
  moveMean(moments, rest / count);
  return moments;
}

/** Moments of two parts together (Chan, Golub and LeVeque 1979). */
export function mergeMoments(a: Moments, b: Moments): Moments {
  const infinite = a.infinite + b.infinite;
  if (a.count === 0 || b.count === 0) return { ...(a.count === 0 ? b : a), infinite };
  const count = a.count + b.count;
  const delta = b.mean - a.mean + ((b.meanRest ?? 0) - (a.meanRest ?? 0));
  const merged = {
    ...a,
    count,
    m2: a.m2 + b.m2 + ((delta * delta * a.count) / count) * b.count,
    min: Math.min(a.min, b.min),
    max: Math.max(a.max, b.max),
    sum: a.sum + b.sum,
    infinite,
  };
  moveMean(merged, (delta * b.count) / count);
  return merged;
}

/** Variance of a sample (n - 1); NaN with fewer than two values. */
export function sampleVariance({ count, m2 }: Moments): number {
  return count < 2 ? NaN : m2 / (count - 1);
}
