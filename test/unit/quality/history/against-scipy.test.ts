import { fitSmoothing, initialState, judgeMetricHistory, smooth } from '../../../../engine/quality/history/index.js';
// Written by fixtures/reference.py, which has each call.
import reference from './fixtures/reference.json';

const SNOW = '2001-03-05';
const days = reference.days as [string, number][];
const training = days.filter(([day]) => day < SNOW).map(([, flights]) => flights);
const untilSnow = days
  .filter(([day]) => day <= SNOW)
  .map(([day, value]) => ({ time: `${day}T00:00:00Z`, value, closed: true }));

describe('the expected range', () => {
  it.each(['batch_normal', 'online_normal'] as const)(
    'of %s has the mean and standard deviation of numpy',
    (method) => {
      const [mean, deviation] = reference.normal as [number, number];
      // With so great a sensitivity for the online method no day of the training is an anomaly, which it would leave out.
      const { expected } = judgeMetricHistory(untilSnow, { method, sensitivity: 6 });
      expect(expected![0]).toBeCloseTo(mean - 6 * deviation, 6);
      expect(expected![1]).toBeCloseTo(mean + 6 * deviation, 6);
    },
  );

  it('of mad has the median and median absolute deviation of scipy', () => {
    const [median, deviation] = reference.mad as [number, number];
    const { expected } = judgeMetricHistory(untilSnow, { method: 'mad', sensitivity: 2 });
    expect(expected![0]).toBeCloseTo(median - 2 * deviation, 6);
    expect(expected![1]).toBeCloseTo(median + 2 * deviation, 6);
  });
});

describe('Holt-Winters', () => {
  const { fixed, best, start } = reference.holtWinters;

  it('starts from the level, trend and seasons of the first two seasons', () => {
    const state = initialState(training, 7);
    expect(state.level).toBeCloseTo(start.level, 6);
    expect(state.trend).toBeCloseTo(start.trend, 6);
    state.seasons.forEach((season, phase) => expect(season).toBeCloseTo(start.seasons[phase]!, 6));
  });

  it('has the errors and forecasts of statsmodels for the same smoothing', () => {
    const smoothing = { level: 0.3, trend: 0.1, season: 0.2 };
    const { state, squares } = smooth(training, initialState(training, 7), smoothing);
    expect(squares / fixed.squares).toBeCloseTo(1, 9);
    fixed.forecast.forEach((expected, index) => {
      const forecast = state.level + (index + 1) * state.trend + state.seasons[(state.phase + index) % 7]!;
      expect(forecast).toBeCloseTo(expected, 5);
    });
  });

  it('finds a smoothing with an error no greater than that that statsmodels finds', () => {
    const begin = initialState(training, 7);
    const smoothing = fitSmoothing(training, begin);
    expect(smooth(training, begin, smoothing).squares).toBeLessThanOrEqual(best.squares * 1.001);
    expect(fitSmoothing(training, begin)).toEqual(smoothing);
  });
});
