import fc from 'fast-check';
import { sampleDistribution } from '../../../../engine/quality/drift';
import { categoryBars } from '../../../../engine/quality/report/category-bars';
import { histogramOf } from '../../../../engine/quality/report/histogram';

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

describe('a histogram', () => {
  it('has round edges, and whole numbers have bins of their own', () => {
    const dice = histogramOf([sampleDistribution([1, 1, 2, 3, 3, 3])])!;
    expect(dice.edges).toEqual([1, 2, 3, 4]);
    expect(dice.shares).toEqual([[2 / 6, 1 / 6, 3 / 6]]);
    const tenths = histogramOf([sampleDistribution(Array.from({ length: 101 }, (_, i) => i / 100))])!;
    expect(tenths.edges.slice(0, 4)).toEqual([0, 0.05, 0.1, 0.15]);
    expect(tenths.edges.at(-1)).toBe(1.05);
  });

  it('of times has edges at whole hours or days', () => {
    const times = Array.from({ length: 200 }, (_, i) => Date.UTC(2001, 2, 1, i, 17));
    const { edges } = histogramOf([sampleDistribution(times)], 'ms')!;
    expect(new Date(edges[0]!).toISOString()).toBe('2001-03-01T00:00:00.000Z');
    expect(edges[1]! - edges[0]!).toBe(6 * 3_600_000);
  });

  it('leaves far outliers out of the drawing, and counts them', () => {
    const sample = [-1e6, ...Array.from({ length: 998 }, (_, i) => i % 100), 1e6];
    const { edges, below, above, shares } = histogramOf([sampleDistribution(sample)])!;
    expect([edges[0], edges.at(-1)]).toEqual([0, 100]);
    expect([below, above]).toEqual([[0.001], [0.001]]);
    expect(sum(shares[0]!)).toBeCloseTo(0.998, 12);
  });

  it.each([
    ['none', [], undefined],
    ['one whole number', [7], [7, 8]],
    ['zero', [0], [0, 1]],
  ])('of %s has bins all the same', (_, sample, edges) => {
    expect(histogramOf([sampleDistribution(sample)])?.edges).toEqual(edges);
  });

  it('loses no value, whatever the values, and both distributions share the bins', () => {
    const sample = fc.array(fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer()), {
      minLength: 1,
    });
    fc.assert(
      fc.property(sample, sample, (first, second) => {
        const histogram = histogramOf([sampleDistribution(first), sampleDistribution(second)])!;
        expect(histogram.edges.every((edge, i) => i === 0 || edge > histogram.edges[i - 1]!)).toBe(true);
        expect(histogram.edges.length).toBeLessThanOrEqual(40);
        [0, 1].forEach((i) => {
          expect(histogram.shares[i]).toHaveLength(histogram.edges.length - 1);
          expect(sum(histogram.shares[i]!) + histogram.below[i]! + histogram.above[i]!).toBeCloseTo(1, 9);
        });
      }),
    );
  });
});

describe('bars of categories', () => {
  const of = (values: [string, number][], other = 0) => ({ values, other, error: 0, exact: other === 0 });

  it('are the greatest of both datasets, with what is left', () => {
    const many = Array.from({ length: 20 }, (_, i): [string, number] => [`c${i}`, 20 - i]);
    const bars = categoryBars([of(many, 90), of([['new', 5]])]);
    expect(bars[0]).toEqual({ category: 'new', shares: [0, 1] });
    expect(bars).toHaveLength(13);
    expect(bars[12]!.category).toBeNull();
    expect(bars[12]!.shares[0]).toBeCloseTo((90 + 45) / 300, 12);
    expect(sum(bars.map(({ shares }) => shares[0]!))).toBeCloseTo(1, 12);
  });

  it('show what changed most, however small it is', () => {
    const many = Array.from({ length: 30 }, (_, i): [string, number] => [`c${i}`, 100 + i]);
    const bars = categoryBars([of([...many, ['SFO', 9]]), of([...many, ['SFX', 9]])]);
    expect(bars.map(({ category }) => category)).toEqual(expect.arrayContaining(['SFO', 'SFX', 'c29', null]));
    expect(bars).toHaveLength(13);
  });

  it('of no values are none', () => {
    expect(categoryBars([of([])])).toEqual([]);
  });
});
