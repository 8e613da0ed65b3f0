import fc from 'fast-check';
import { measureStep, mergeHistograms, quantileOf } from '../../../engine/rollout/index.js';
import type { ArmStatistics, ModelServerStatus } from '../../../schemas/index.js';

const OPTIONS = { endpoint: 'delay', stableVersion: 1, canaryVersion: 2, quantile: 0.5 };

function arm(name: 'stable' | 'canary', errors: number, counts: number[], bounds = [1, 2, 4]): ArmStatistics {
  const requests = counts.reduce((sum, count) => sum + count, 0);
  return {
    arm: name,
    modelVersion: name === 'stable' ? 1 : 2,
    requests,
    errors,
    latency: { bounds, counts, sum: requests },
  };
}

function status(serverId: string, statistics: ArmStatistics[], endpoint = 'delay'): ModelServerStatus {
  const endpoints = [{ endpoint, generation: 1, ready: true, error: null, statistics }];
  return { serverId, url: `http://${serverId}:1`, endpoints };
}

describe('measureStep', () => {
  it('takes the difference of each server and sums it up', () => {
    const before = [status('a', [arm('canary', 1, [5, 0, 0, 0])]), status('b', [arm('canary', 0, [0, 0, 0, 3])])];
    const after = [status('a', [arm('canary', 2, [5, 4, 0, 0])]), status('b', [arm('canary', 0, [0, 0, 2, 3])])];
    const { canary, histograms } = measureStep(before, after, OPTIONS);
    expect(canary).toEqual({ requests: 6, errors: 1, latencyMs: 1.75 });
    expect(histograms.canary.counts).toEqual([0, 4, 2, 0]);
  });

  it('counts a server that restarted from 0, and one that is gone not at all', () => {
    const before = [
      status('old', [arm('canary', 9, [90, 0, 0, 0])]),
      status('gone', [arm('canary', 9, [90, 0, 0, 0])]),
    ];
    const after = [status('new', [arm('canary', 1, [7, 0, 0, 0])])];
    expect(measureStep(before, after, OPTIONS).canary).toMatchObject({ requests: 7, errors: 1 });
  });

  it('counts from 0 when counters have shrunk', () => {
    const before = [status('a', [arm('stable', 5, [50, 0, 0, 0])])];
    const after = [status('a', [arm('stable', 6, [10, 2, 0, 0])])];
    expect(measureStep(before, after, OPTIONS).stable).toMatchObject({ requests: 12, errors: 6 });
  });

  it('looks at no other endpoint, arm or version', () => {
    const other = { ...arm('canary', 1, [9, 0, 0, 0]), modelVersion: 3 };
    const after = [
      status('a', [other, { ...arm('stable', 1, [9, 0, 0, 0]), modelVersion: 2 }]),
      status('b', [arm('canary', 1, [9, 0, 0, 0])], 'prices'),
    ];
    expect(measureStep([], after, OPTIONS).canary).toEqual({ requests: 0, errors: 0, latencyMs: null });
  });

  it('measures no stable version where none is asked for', () => {
    const measured = measureStep([], [status('a', [arm('stable', 0, [9, 0, 0, 0])])], {
      ...OPTIONS,
      stableVersion: null,
    });
    expect(measured.stable).toBeNull();
    expect(measured.histograms.stable).toBeNull();
  });

  it('is the sum of any two parts of the step', () => {
    const counts = fc.array(fc.nat(50), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(counts, counts, counts, (first, second, third) => {
        const sum = (a: number[], b: number[]): number[] => a.map((count, index) => count + (b[index] ?? 0));
        const [zero, one, two] = [first, sum(first, second), sum(sum(first, second), third)].map((total) => [
          status('a', [arm('canary', 0, total)]),
        ]);
        const requests = (before: ModelServerStatus[], after: ModelServerStatus[]): number =>
          measureStep(before, after, OPTIONS).canary.requests;
        expect(requests(zero!, two!)).toBe(requests(zero!, one!) + requests(one!, two!));
      }),
    );
  });
});

describe('quantileOf', () => {
  it.each([
    { counts: [10, 0, 0, 0], quantile: 0.5, expected: 0.5 },
    { counts: [10, 0, 0, 0], quantile: 0.99, expected: 0.99 },
    { counts: [5, 0, 5, 0], quantile: 0.75, expected: 3 },
    { counts: [0, 0, 0, 4], quantile: 0.5, expected: 4 },
    { counts: [0, 0, 0, 0], quantile: 0.5, expected: null },
  ])('of $counts at $quantile is $expected', ({ counts, quantile, expected }) => {
    const value = quantileOf({ bounds: [1, 2, 4], counts, sum: 0 }, quantile);
    if (expected === null) expect(value).toBeNull();
    else expect(value).toBeCloseTo(expected, 10);
  });

  it('lies in the bucket of the true quantile', () => {
    const bounds = Array.from({ length: 20 }, (_, index) => 0.25 * 1.5 ** index);
    const latencies = fc.array(fc.double({ min: 0.01, max: 400, noNaN: true }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(latencies, fc.double({ min: 0.01, max: 0.99, noNaN: true }), (values, quantile) => {
        const bucket = (value: number): number => {
          const index = bounds.findIndex((bound) => value <= bound);
          return index < 0 ? bounds.length : index;
        };
        const counts = new Array<number>(bounds.length + 1).fill(0);
        for (const value of values) counts[bucket(value)]! += 1;
        const sorted = [...values].sort((a, b) => a - b);
        const truth = bucket(sorted[Math.ceil(quantile * values.length) - 1]!);
        const found = quantileOf({ bounds, counts, sum: 0 }, quantile)!;
        expect(found).toBeGreaterThanOrEqual((bounds[truth - 1] ?? 0) * 0.999999);
        expect(found).toBeLessThanOrEqual((bounds[truth] ?? bounds.at(-1)!) * 1.000001);
      }),
    );
  });
});

describe('mergeHistograms', () => {
  it('loses no request where bounds differ', () => {
    const merged = mergeHistograms([
      { bounds: [1, 4], counts: [1, 2, 3], sum: 10 },
      { bounds: [2, 4], counts: [10, 20, 30], sum: 20 },
    ]);
    expect(merged).toEqual({ bounds: [1, 2, 4], counts: [1, 10, 22, 33], sum: 30 });
  });
});
