import { judgeMetricHistory } from '../../../../engine/quality/history/index.js';
import type { MetricAnomalySpecInput } from '../../../../schemas/index.js';
import reference from './fixtures/reference.json';

const history = (reference.days as [string, number][]).map(([day, value]) => ({
  time: `${day}T00:00:00Z`,
  value,
  // The file ends a minute into July.
  closed: day < '2001-07-01',
}));
const until = (day: string) => history.filter(({ time }) => time <= `${day}T00:00:00Z`);

// 5 March 2001: a snowstorm closed the airports of the North-East. As few flights as on a Saturday, but it was a Monday.
describe('the number of flights on the day of the snow', () => {
  it.each<{ spec: MetricAnomalySpecInput; status: 'pass' | 'fail' }>([
    { spec: { method: 'batch_normal' }, status: 'pass' },
    { spec: { method: 'online_normal' }, status: 'pass' },
    // Nine Mondays, New Year’s Day among them, are 757 flights apart.
    { spec: { method: 'seasonal', seasonality: 'day_of_week' }, status: 'pass' },
    { spec: { method: 'seasonal', seasonality: 'day_of_week', sensitivity: 2 }, status: 'fail' },
    { spec: { method: 'holt_winters', period: 7 }, status: 'fail' },
    { spec: { method: 'rate_of_change', order: 7, maxDecrease: 0.1 }, status: 'fail' },
    { spec: { method: 'holt_winters', period: 7, direction: 'spike' }, status: 'pass' },
  ])('is $status by $spec', ({ spec, status }) => {
    expect(judgeMetricHistory(until('2001-03-05'), spec)).toMatchObject({ status, observed: 14_696, judged: 1 });
  });

  it('is told with what was expected', () => {
    const { message, expected } = judgeMetricHistory(until('2001-03-05'), { method: 'holt_winters', period: 7 });
    expect(message).toMatch(/^2001-03-05T00:00:00Z: 14696, expected 15\d{3}\.?\d* to 1[78]\d{3}/);
    expect(expected![0]).toBeGreaterThan(14_696);
    expect(expected![1]).toBeGreaterThan(17_000);
  });
});

describe('the number of flights day after day', () => {
  /** Days of the spring that alarm, each judged by the days before it. */
  const alarms = (spec: MetricAnomalySpecInput) =>
    history
      .filter(({ time }) => time >= '2001-03-01' && time < '2001-06-01')
      .filter(({ time }) => judgeMetricHistory(until(time.slice(0, 10)), spec).status === 'fail')
      .map(({ time }) => time.slice(5, 10));

  it('alarms for the snow, a storm and Memorial Day, not for Saturdays', () => {
    expect(alarms({ method: 'holt_winters', period: 7, sensitivity: 4 })).toEqual(
      expect.arrayContaining(['03-05', '05-27']),
    );
    expect(alarms({ method: 'holt_winters', period: 7, sensitivity: 4 }).length).toBeLessThanOrEqual(6);
  });

  it('alarms for every Saturday where the week is not known', () => {
    const spec = { method: 'mad' } as const;
    expect(alarms(spec)).toEqual(expect.arrayContaining(['03-03', '03-10', '03-17', '05-12', '05-19']));
  });

  it('of a month alarms for the same days when they are judged at once', () => {
    const spec = { method: 'holt_winters', period: 7, detectionDays: 31 } as const;
    const result = judgeMetricHistory(until('2001-03-31'), spec);
    expect(result).toMatchObject({ status: 'fail', judged: 31, observed: 14_696, trainingSize: 59 });
    expect(result.anomalies.map(({ time }) => time.slice(0, 10))).toContain('2001-03-05');
  });
});

describe('a day that is not over', () => {
  it('is skipped, not judged by its six flights', () => {
    expect(judgeMetricHistory(history, { method: 'seasonal', seasonality: 'day_of_week' })).toMatchObject({
      status: 'skip',
      message: 'not judged: the partition of 2001-07-01T00:00:00Z is still open',
    });
  });

  it('does not keep the days before it from being judged', () => {
    const result = judgeMetricHistory(history, { method: 'seasonal', seasonality: 'day_of_week', detectionDays: 2 });
    expect(result).toMatchObject({ status: 'pass', judged: 1, time: '2001-06-30T00:00:00Z', observed: 15_626 });
  });
});
