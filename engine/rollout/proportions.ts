/** Bounds of a proportion, or of a difference of two. */
export interface Interval {
  lower: number;
  upper: number;
}

/**
 * Score interval of a proportion: good also for few trials and for proportions near 0, where the textbook interval is not.
 * Without trials nothing is known: [0, 1].
 * E. B. Wilson, Probable inference, the law of succession, and statistical inference, JASA 22 (1927) 209-212.
 * @param z standard normal quantile of the wanted confidence; each bound alone has that confidence
 */
export function wilsonInterval(successes: number, trials: number, z: number): Interval {
  if (trials === 0) return { lower: 0, upper: 1 };
  const p = successes / trials;
  const square = z * z;
  const centre = (p + square / (2 * trials)) / (1 + square / trials);
  const half = (z * Math.sqrt((p * (1 - p)) / trials + square / (4 * trials * trials))) / (1 + square / trials);
  // Rounding must not put the proportion outside of its own interval.
  return { lower: Math.min(p, Math.max(0, centre - half)), upper: Math.max(p, Math.min(1, centre + half)) };
}

/**
 * Hybrid score interval of the difference p1 - p2 of two independent proportions (method 10).
 * R. G. Newcombe, Interval estimation for the difference between independent proportions, Statistics in Medicine 17 (1998) 873-890.
 */
export function differenceOfProportions(
  first: { successes: number; trials: number },
  second: { successes: number; trials: number },
  z: number,
): Interval {
  if (first.trials === 0 || second.trials === 0) return { lower: -1, upper: 1 };
  const p1 = first.successes / first.trials;
  const p2 = second.successes / second.trials;
  const one = wilsonInterval(first.successes, first.trials, z);
  const two = wilsonInterval(second.successes, second.trials, z);
  return {
    lower: p1 - p2 - Math.hypot(p1 - one.lower, two.upper - p2),
    upper: p1 - p2 + Math.hypot(one.upper - p1, p2 - two.lower),
  };
}

/**
 * Normal quantile that may be applied again and again while samples come in. A fixed one would sooner or later be
 * exceeded by chance alone; the stitched boundary holds at all sample sizes at once.
 * S. R. Howard, A. Ramdas, J. McAuliffe, J. Sekhon, Time-uniform, nonparametric, nonasymptotic confidence sequences,
 * Annals of Statistics 49 (2021) 1055-1080, equation (1.2): 3.8 for 100 samples and a confidence of 0.95, growing with log log n.
 */
export function timeUniformZ(samples: number, confidence: number): number {
  const n = Math.max(2, samples);
  return 1.7 * Math.sqrt(Math.log(Math.log(2 * n)) + 0.72 * Math.log(5.2 / (1 - confidence)));
}
