import fc from 'fast-check';
import { differenceOfProportions, timeUniformZ, wilsonInterval } from '../../../engine/rollout/index.js';

const Z95 = 1.959963984540054;

describe('wilsonInterval', () => {
  // Newcombe, Two-sided confidence intervals for the single proportion, Statistics in Medicine 17 (1998), table I, method 3.
  it.each([
    { successes: 81, trials: 263, lower: 0.2553, upper: 0.3662 },
    { successes: 15, trials: 148, lower: 0.0624, upper: 0.1605 },
    { successes: 0, trials: 20, lower: 0, upper: 0.1611 },
    { successes: 1, trials: 29, lower: 0.0061, upper: 0.1718 },
  ])('gives the published bounds for $successes of $trials', ({ successes, trials, lower, upper }) => {
    const interval = wilsonInterval(successes, trials, Z95);
    expect(interval.lower).toBeCloseTo(lower, 4);
    expect(interval.upper).toBeCloseTo(upper, 4);
  });

  it('knows nothing without trials', () => {
    expect(wilsonInterval(0, 0, Z95)).toEqual({ lower: 0, upper: 1 });
  });
});

describe('differenceOfProportions', () => {
  // Newcombe, Interval estimation for the difference between independent proportions (1998), table II, method 10.
  it.each([
    { a: [56, 70], b: [48, 80], lower: 0.0524, upper: 0.3339 },
    { a: [9, 10], b: [3, 10], lower: 0.1705, upper: 0.809 },
    { a: [6, 7], b: [2, 7], lower: 0.0582, upper: 0.8062 },
    { a: [5, 56], b: [0, 29], lower: -0.0381, upper: 0.1926 },
    { a: [0, 10], b: [0, 20], lower: -0.1611, upper: 0.2775 },
  ])('gives the published bounds for $a against $b', ({ a, b, lower, upper }) => {
    const [first, second] = [a, b].map(([successes = 0, trials = 0]) => ({ successes, trials }));
    const interval = differenceOfProportions(first!, second!, Z95);
    expect(interval.lower).toBeCloseTo(lower, 4);
    expect(interval.upper).toBeCloseTo(upper, 4);
  });
});

describe('timeUniformZ', () => {
  it('is wider than a single look and hardly grows', () => {
    expect(timeUniformZ(100, 0.95)).toBeCloseTo(3.81, 2);
    expect(timeUniformZ(1_000_000, 0.95)).toBeLessThan(4.3);
  });

  it('keeps a bound that is looked at after each request within its confidence', () => {
    // 400 canaries that are as good as the stable version (5 % errors), judged after each of 2000 requests.
    const random = lcg(7);
    let alarms = 0;
    for (let trial = 0; trial < 400; trial += 1) {
      const arms = [0, 0];
      let alarmed = false;
      for (let n = 1; n <= 2_000 && !alarmed; n += 1) {
        for (const arm of [0, 1]) if (random() < 0.05) arms[arm] = (arms[arm] ?? 0) + 1;
        const [canary, stable] = arms.map((successes) => ({ successes, trials: n }));
        alarmed = n >= 20 && differenceOfProportions(canary!, stable!, timeUniformZ(n, 0.95)).lower > 0;
      }
      if (alarmed) alarms += 1;
    }
    expect(alarms / 400).toBeLessThan(0.05);
  });

  it('never falls as samples come in', () => {
    fc.assert(
      fc.property(fc.nat(1e6), fc.nat(1e6), (a, b) => {
        expect(timeUniformZ(a + b, 0.95)).toBeGreaterThanOrEqual(timeUniformZ(a, 0.95));
      }),
    );
  });
});

function lcg(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 1_103_515_245 + 12_345) % 2 ** 31) / 2 ** 31;
}
