import fc from 'fast-check';
import { LATENCY_BOUNDS_MS, LatencyHistogram } from '../../../engine/serving/latency-histogram.js';
import { ServingStatistics } from '../../../engine/serving/serving-statistics.js';
import { armStatisticsSchema } from '../../../schemas/index.js';

describe('LatencyHistogram', () => {
  it('has bounds from 0.25 ms to 10 s that grow by a quarter', () => {
    expect(LATENCY_BOUNDS_MS[0]).toBe(0.25);
    expect(LATENCY_BOUNDS_MS.at(-1)).toBe(10_000);
    LATENCY_BOUNDS_MS.slice(1).forEach((bound, index) => {
      expect(bound / LATENCY_BOUNDS_MS[index]!).toBeGreaterThan(1.2);
      expect(bound / LATENCY_BOUNDS_MS[index]!).toBeLessThan(1.26);
    });
  });

  it('puts each latency in the bucket whose bounds are around it', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 20_000, noNaN: true }), (latency) => {
        const histogram = new LatencyHistogram();
        histogram.record(latency);
        const { bounds, counts } = histogram.snapshot();
        const bucket = counts.indexOf(1);
        expect(latency).toBeLessThanOrEqual(bounds[bucket] ?? Infinity);
        expect(latency).toBeGreaterThan(bounds[bucket - 1] ?? -1);
      }),
    );
  });
});

describe('ServingStatistics', () => {
  it('counts by endpoint, arm and version', () => {
    const statistics = new ServingStatistics();
    statistics.arm('delay', 'stable', 1).record(2, false);
    statistics.arm('delay', 'stable', 1).record(3, true);
    statistics.arm('delay', 'canary', 1).record(4, false);
    const snapshot = statistics.snapshot('delay').map((arm) => armStatisticsSchema.parse(arm));
    expect(snapshot).toMatchObject([
      { arm: 'stable', modelVersion: 1, requests: 2, errors: 1, latency: { sum: 5 } },
      { arm: 'canary', modelVersion: 1, requests: 1, errors: 0, latency: { sum: 4 } },
    ]);
    expect(statistics.snapshot('prices')).toEqual([]);
  });

  it('does not keep the arms of versions long gone', () => {
    const statistics = new ServingStatistics();
    statistics.putInForce('delay', [{ arm: 'stable', modelVersion: 1_000 }]);
    for (let version = 1; version <= 50; version += 1) {
      statistics.putInForce('delay', [
        { arm: 'stable', modelVersion: 1_000 },
        { arm: 'canary', modelVersion: version },
      ]);
    }
    const kept = statistics.snapshot('delay').map((arm) => arm.modelVersion);
    expect(kept).toHaveLength(10);
    expect(kept).toEqual(expect.arrayContaining([1_000, 50, 49]));
  });
});
