import fc from 'fast-check';
import {
  adjustBenjaminiHochberg,
  alignCategories,
  chiSquaredTest,
  countInBins,
  cramersV,
  hellingerDistance,
  jensenShannonDistance,
  ksProbability,
  ksStatistic,
  lInfinityDistance,
  normedWasserstein,
  populationStabilityIndex,
  quantileBins,
  sampleDistribution,
  wassersteinDistance,
  type CountPair,
} from '../../../../engine/quality/drift/index.js';

const samples = fc.array(fc.oneof(fc.integer({ min: -20, max: 20 }), fc.double({ min: -1e6, max: 1e6, noNaN: true })), {
  minLength: 1,
  maxLength: 60,
});
const countPairs = fc
  .array(fc.tuple(fc.nat(500), fc.nat(500)), { minLength: 1, maxLength: 12 })
  .filter((cells) => cells.some(([count]) => count > 0) && cells.some(([, count]) => count > 0))
  .map((cells) => ({ reference: cells.map(([count]) => count), current: cells.map(([, count]) => count) }));
const swapped = ({ reference, current }: CountPair): CountPair => ({ reference: current, current: reference });

const SHARE_DISTANCES: [name: string, distance: (counts: CountPair) => number, greatest: number][] = [
  ['populationStabilityIndex', populationStabilityIndex, Infinity],
  ['jensenShannonDistance', jensenShannonDistance, Math.sqrt(Math.LN2)],
  ['hellingerDistance', hellingerDistance, 1],
  ['lInfinityDistance', lInfinityDistance, 1],
  ['cramersV', cramersV, 1],
];

describe.each(SHARE_DISTANCES)('%s', (_, distance, greatest) => {
  it('is 0 for equal shares, whatever the sizes', () => {
    fc.assert(
      fc.property(countPairs, fc.integer({ min: 1, max: 50 }), ({ reference }, times) => {
        expect(distance({ reference, current: reference.map((count) => count * times) })).toBeCloseTo(0, 7);
      }),
    );
  });

  it('is symmetric, not negative and bounded', () => {
    fc.assert(
      fc.property(countPairs, (counts) => {
        const value = distance(counts);
        expect(value).toBeCloseTo(distance(swapped(counts)), 10);
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThanOrEqual(greatest);
      }),
    );
  });

  it('does not depend on the order of the bins', () => {
    fc.assert(
      fc.property(countPairs, ({ reference, current }) => {
        const reversed = { reference: [...reference].reverse(), current: [...current].reverse() };
        expect(distance(reversed)).toBeCloseTo(distance({ reference, current }), 9);
      }),
    );
  });
});

describe('bounded distances', () => {
  it.each(SHARE_DISTANCES.filter(([, , greatest]) => Number.isFinite(greatest)))(
    '%s is greatest where nothing is in common',
    (_, distance, greatest) => {
      expect(distance({ reference: [7, 0], current: [0, 90] })).toBeCloseTo(greatest, 12);
    },
  );
});

describe('ksStatistic and wassersteinDistance', () => {
  it('are 0 for a sample and its copies', () => {
    fc.assert(
      fc.property(samples, fc.integer({ min: 1, max: 4 }), (sample, times) => {
        const copies = sampleDistribution(Array.from({ length: times }, () => sample).flat());
        expect(ksStatistic(sampleDistribution(sample), copies)).toBeCloseTo(0, 12);
        expect(normedWasserstein(sampleDistribution(sample), copies)).toBeCloseTo(0, 12);
      }),
    );
  });

  it('are symmetric, and the statistic is at most 1', () => {
    fc.assert(
      fc.property(samples, samples, (one, other) => {
        const [a, b] = [sampleDistribution(one), sampleDistribution(other)];
        expect(ksStatistic(a, b)).toBe(ksStatistic(b, a));
        expect(ksStatistic(a, b)).toBeLessThanOrEqual(1);
        const distance = wassersteinDistance(a, b);
        expect(Math.abs(distance - wassersteinDistance(b, a))).toBeLessThanOrEqual(1e-12 * distance);
      }),
    );
  });

  it('are what their definitions say, computed the slow way', () => {
    fc.assert(
      fc.property(samples, samples, (one, other) => {
        const share = (sample: number[], x: number) => sample.filter((value) => value <= x).length / sample.length;
        const points = [...new Set([...one, ...other].map((value) => value + 0))].sort((a, b) => a - b);
        const gaps = points.map((x) => Math.abs(share(one, x) - share(other, x)));
        const [a, b] = [sampleDistribution(one), sampleDistribution(other)];
        expect(ksStatistic(a, b)).toBeCloseTo(Math.max(...gaps), 12);
        const area = gaps.reduce(
          (sum, gap, index) => sum + gap * ((points[index + 1] ?? points[index]!) - points[index]!),
          0,
        );
        expect(Math.abs(wassersteinDistance(a, b) - area)).toBeLessThanOrEqual(1e-9 * (1 + area));
      }),
    );
  });

  it('moves by exactly the shift of a sample', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -100, max: 100 }), { minLength: 1 }), fc.nat(1000), (sample, shift) => {
        const moved = sampleDistribution(sample.map((value) => value + shift));
        expect(wassersteinDistance(sampleDistribution(sample), moved)).toBeCloseTo(shift, 8);
      }),
    );
  });

  it('does not depend on the unit once it is normed, a constant reference included', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 20 }),
        fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 20 }),
        fc.constantFrom(1e-200, 1e-9, 1e-3, 1024, 1e200),
        (one, other, unit) => {
          const effect = (scale: number) =>
            normedWasserstein(
              sampleDistribution(one.map((value) => value * scale)),
              sampleDistribution(other.map((value) => value * scale)),
            );
          expect(effect(unit)).toBeCloseTo(effect(1), 9);
        },
      ),
    );
    expect(normedWasserstein(sampleDistribution([5, 5, 5]), sampleDistribution([6, 6, 6]))).toBe(2);
  });

  it('is the same of numbers beyond 2^53, whose spread is small beside them', () => {
    const moved = (sample: number[]) => sampleDistribution(sample.map((value) => 2 ** 60 + value * 1024));
    const [one, other] = [
      [1, 2, 3, 4],
      [3, 4, 5, 9],
    ];
    const effect = normedWasserstein(sampleDistribution(one), sampleDistribution(other));
    expect(normedWasserstein(moved(one), moved(other), 1024 * Math.sqrt(1.25))).toBeCloseTo(effect, 12);
  });
});

describe('ksProbability', () => {
  it('falls with the distance and does not care which sample is which', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 }), fc.nat(100), (n, m, percent) => {
        const p = ksProbability(percent / 100, n, m);
        expect(p).toBeGreaterThanOrEqual(0);
        expect(p).toBeLessThanOrEqual(1);
        expect(p).toBeCloseTo(ksProbability(percent / 100, m, n), 12);
        expect(ksProbability(Math.min(1, percent / 100 + 0.1), n, m)).toBeLessThanOrEqual(p + 1e-12);
      }),
    );
  });
});

describe('chiSquaredTest', () => {
  it('is symmetric, and puts rare categories together until each cell is expected five times', () => {
    fc.assert(
      fc.property(countPairs, (counts) => {
        const test = chiSquaredTest(counts);
        expect(chiSquaredTest(swapped(counts))?.p ?? null).toBe(test?.p ?? null);
        if (test === null) return;
        expect(test.p).toBeGreaterThanOrEqual(0);
        expect(test.p).toBeLessThanOrEqual(1);
        const total = [...Array.from(counts.reference), ...Array.from(counts.current)].reduce((sum, n) => sum + n, 0);
        expect((test.degreesOfFreedom + 1) * 5).toBeLessThanOrEqual(total);
      }),
    );
  });

  it('says nothing of values that are all different', () => {
    const ones = Array.from({ length: 400 }, (_, index) => (index < 200 ? 1 : 0));
    const test = chiSquaredTest({ reference: ones, current: ones.map((one) => 1 - one) });
    // All in one cell.
    expect(test).toBeNull();
  });
});

describe('adjustBenjaminiHochberg', () => {
  it('only raises, keeps the order, and never above 1', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1 }), (probabilities) => {
        const adjusted = adjustBenjaminiHochberg(probabilities) as number[];
        adjusted.forEach((value, index) => {
          expect(value).toBeGreaterThanOrEqual(probabilities[index]!);
          expect(value).toBeLessThanOrEqual(1);
          adjusted.forEach((other, at) => {
            if (probabilities[at]! < probabilities[index]!) expect(other).toBeLessThanOrEqual(value);
          });
        });
      }),
    );
  });
});

describe('quantileBins', () => {
  it('lose no value, and hold about equal shares of a reference without ties', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer(), { minLength: 30, maxLength: 80 }), samples, (before, now) => {
        const [reference, current] = [sampleDistribution(before), sampleDistribution(now)];
        const counts = countInBins(reference, current, quantileBins(reference, 10));
        expect(Array.from(counts.reference).reduce((sum, count) => sum + count, 0)).toBe(before.length);
        expect(Array.from(counts.current).reduce((sum, count) => sum + count, 0)).toBe(now.length);
        for (const count of Array.from(counts.reference)) {
          expect(Math.abs(count - before.length / 10)).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  it('have no bin that the reference leaves empty, however many ties there are', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(4), { minLength: 1 }), (sample) => {
        const reference = sampleDistribution(sample);
        const counts = Array.from(countInBins(reference, reference, quantileBins(reference, 10)).reference);
        expect(Math.min(...counts)).toBeGreaterThan(0);
      }),
    );
  });
});

describe('alignCategories', () => {
  const side = (counts: Record<string, number>, other = 0) => ({ counts: new Map(Object.entries(counts)), other });

  it('names new and vanished categories, the most frequent first', () => {
    const { added, vanished } = alignCategories(
      side({ a: 5, b: 1, c: 3, zero: 0 }),
      side({ a: 4, x: 1, y: 9, zero: 2 }),
    );
    expect({ added, vanished }).toEqual({ added: ['y', 'zero', 'x'], vanished: ['c', 'b'] });
  });

  it('does not call new what the reference may have among those it does not list', () => {
    const { added, vanished, counts } = alignCategories(side({ a: 50 }, 10), side({ a: 40, rare: 5 }));
    expect({ added, vanished }).toEqual({ added: [], vanished: [] });
    expect(counts).toEqual({ reference: [50, 10], current: [40, 5] });
  });
});
