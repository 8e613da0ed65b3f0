import {
  adjustBenjaminiHochberg,
  alignCategories,
  chiSquaredTail,
  chiSquaredTest,
  countInBins,
  cramersV,
  hellingerDistance,
  jensenShannonDistance,
  ksProbability,
  ksStatistic,
  lInfinityDistance,
  momentsOf,
  normedWasserstein,
  populationStabilityIndex,
  sampleDistribution,
  sturgesBins,
  wassersteinDistance,
} from '../../../../engine/quality/drift/index.js';
// Written by fixtures/reference.py, which has each call.
import reference from './fixtures/reference.json';

interface NumericCase {
  reference: number[];
  current: number[];
  ks: number[];
  wasserstein: number;
  deviation: number;
  sturges: number[];
  evidently: Partial<Record<'wasserstein' | 'psi' | 'js' | 'hellinger', number>>;
}

interface CategoricalCase {
  reference: Record<string, number>;
  current: Record<string, number>;
  chi2: number[];
  cramer: number;
  js: number;
  linf: number;
  evidently: Record<'psi' | 'js' | 'hellinger', number>;
}

const numeric = Object.entries(reference.numeric as Record<string, NumericCase>);
const categorical = Object.entries(reference.categorical as unknown as Record<string, CategoricalCase>);

/** Asserts a relative error, since p values span many powers of ten. */
function expectNear(actual: number | undefined, expected: number, relative = 1e-9): void {
  expect(Math.abs((actual ?? NaN) - expected)).toBeLessThanOrEqual(relative * Math.abs(expected) + 1e-15);
}

describe.each(numeric)('numbers: %s', (_, expected) => {
  const before = sampleDistribution(expected.reference);
  const now = sampleDistribution(expected.current);

  it('have the Kolmogorov-Smirnov statistic and exact p of scipy', () => {
    const statistic = ksStatistic(before, now);
    expectNear(statistic, expected.ks[0]!);
    expectNear(ksProbability(statistic, expected.reference.length, expected.current.length), expected.ks[1]!);
  });

  it('have the Wasserstein distance of scipy, and normed that of Evidently', () => {
    expectNear(wassersteinDistance(before, now), expected.wasserstein);
    // Evidently divides by 0.001 where the reference has no spread, whatever its unit.
    if (expected.deviation > 0) expectNear(normedWasserstein(before, now), expected.evidently.wasserstein!);
  });

  it('have the standard deviation of numpy', () => {
    expectNear(momentsOf(before).deviation, expected.deviation);
  });

  it('have the bins of numpy, and in them the distances of Evidently', () => {
    const bins = sturgesBins(before, now);
    expect(bins.cuts).toHaveLength(expected.sturges.length - 2);
    bins.cuts.forEach((cut, index) => expectNear(cut, expected.sturges[index + 1]!, 1e-12));
    const counts = countInBins(before, now, bins);
    const { psi, js } = expected.evidently;
    if (psi !== undefined) expectNear(populationStabilityIndex(counts), psi);
    if (js !== undefined) expectNear(jensenShannonDistance(counts), js);
  });
});

describe.each(categorical)('categories: %s', (_, expected) => {
  const side = (counts: Record<string, number>) => ({ counts: new Map(Object.entries(counts)), other: 0 });
  const { counts } = alignCategories(side(expected.reference), side(expected.current));

  it('have the chi-squared test and Cramér’s V of scipy', () => {
    const test = chiSquaredTest(counts);
    expectNear(test?.statistic, expected.chi2[0]!);
    expect(test?.degreesOfFreedom).toBe(expected.chi2[1]);
    expectNear(test?.p, expected.chi2[2]!, 1e-8);
    expectNear(cramersV(counts), expected.cramer);
  });

  it('have the distances of scipy and Evidently', () => {
    expectNear(jensenShannonDistance(counts), expected.js);
    expectNear(jensenShannonDistance(counts), expected.evidently.js);
    expectNear(lInfinityDistance(counts), expected.linf);
    expectNear(hellingerDistance(counts), expected.evidently.hellinger, 1e-7);
    expectNear(populationStabilityIndex(counts), expected.evidently.psi);
  });
});

describe('ksProbability', () => {
  it.each(reference.ksTails)('is near the exact p of scipy for $n and $m values $d apart', (tail) => {
    expectNear(ksProbability(tail.d, tail.n, tail.m), tail.p, tail.n === tail.m ? 1e-9 : 0.025);
  });

  it.each([
    { d: 0, n: 5, m: 5, p: 1 },
    // All of one side below all of the other: two of the C(10, 5) orders.
    { d: 1, n: 5, m: 5, p: 2 / 252 },
    { d: 1, n: 1, m: 1, p: 1 },
  ])('is $p for $n and $m values that are $d apart', ({ d, n, m, p }) => {
    expect(ksProbability(d, n, m)).toBeCloseTo(p, 14);
  });
});

describe('chiSquaredTail', () => {
  it.each(reference.chi2Tails)('is that of scipy for $x with $k degrees of freedom', ({ x, k, p }) => {
    expectNear(chiSquaredTail(x, k), p, 1e-8);
  });
});

describe('adjustBenjaminiHochberg', () => {
  it('gives the adjusted p of statsmodels', () => {
    const { p, adjusted } = reference.benjaminiHochberg;
    adjustBenjaminiHochberg(p).forEach((value, index) => expectNear(value ?? NaN, adjusted[index]!, 1e-12));
  });

  it('leaves out what has no test', () => {
    expect(adjustBenjaminiHochberg([null, 0.02, null, 0.04])).toEqual([null, 0.04, null, 0.04]);
  });
});
