import { checkFiles } from '../../../engine/quality/index';
import type { SuiteInput } from '../../../schemas/check';
import { profileFiles } from '../../../engine/quality/profile-files';
import { suiteOf, withParquetFolder } from './quality-fixtures';

const folder = withParquetFolder();
const DAY = 86_400_000;
const FIRST = Date.parse('2001-01-01T00:00:00Z');
const WEEK = [100, 110, 120, 130, 140, 60, 50];
const at = (day: number) => new Date(FIRST + day * DAY).toISOString();
/** Weeks of days, of which each weekday has its own number of rows; the noise is one row. */
const history = Array.from({ length: 56 }, (_, day) => ({
  time: at(day),
  profile: { version: 1 as const, rows: WEEK[day % 7]! + (day % 2), columns: [] },
}));
const windowOf = (day: number) => ({ key: at(day).slice(0, 10), start: at(day), end: at(day + 1) });
const WEEKLY: SuiteInput['checks'] = [
  { type: 'volume_anomaly', anomaly: { method: 'seasonal', seasonality: 'day_of_week', minTrainingSize: 6 } },
  { type: 'volume_anomaly', anomaly: { method: 'holt_winters', period: 7 } },
];

describe('the version that is checked has its place in the history', () => {
  let saturday: string;
  beforeAll(async () => (saturday = await folder.write('SELECT i FROM range(60) AS t(i)')));

  async function judge(
    checks: SuiteInput['checks'],
    options: Omit<Parameters<typeof checkFiles>[0], 'files' | 'suite'>,
  ) {
    const report = await checkFiles({ files: [saturday], suite: suiteOf(checks), ...options });
    return report.checks.map(({ status, message }) => `${status} ${message}`);
  }

  it('at the start of its window: a Saturday is judged as one, not as the Sunday that its window ends with', async () => {
    const lines = await judge(WEEKLY, { window: windowOf(61), history });
    expect(lines).toEqual([
      expect.stringMatching(/^pass 2001-03-03T00:00:00.000Z: 60, expected 5\d/),
      expect.stringMatching(/^pass 2001-03-03T00:00:00.000Z: 60, expected 5\d/),
    ]);
  });

  it('is as old as its window: what came after it is no history', async () => {
    const checks: SuiteInput['checks'] = [...WEEKLY, { type: 'row_count_change', max: 0, min: -0.6 }];
    const later = history.map(({ time, profile }) => ({ time, profile: { ...profile, rows: 60_000 } })).slice(47);
    const lines = await judge(checks, { window: windowOf(47), history: [...history.slice(0, 47), ...later] });
    expect(lines.map((line) => line.slice(0, 5))).toEqual(['pass ', 'pass ', 'pass ']);
    expect(lines[2]).toBe('pass 140 rows before');
  });

  it('is not judged while its window is open', async () => {
    const now = new Date(FIRST + 61.5 * DAY);
    const checks: SuiteInput['checks'] = [WEEKLY[0]!, { type: 'row_count_change', min: -0.6 }];
    const open = 'skip not judged: the partition of 2001-03-03T00:00:00.000Z is still open';
    expect(await judge(checks, { window: windowOf(61), history, now })).toEqual([open, open]);
  });

  it('is not held against a version whose window is open', async () => {
    const growing = { ...history[55]!, closed: false, profile: { ...history[55]!.profile, rows: 1 } };
    const checks: SuiteInput['checks'] = [{ type: 'row_count_change', min: -0.6, max: 0.6 }];
    const lines = await judge(checks, { window: windowOf(61), history: [...history.slice(0, 55), growing] });
    expect(lines).toEqual(['pass 60 rows before']);
  });
});

test('a column that lost all values is an anomaly of its measures, not a check that could not run', async () => {
  const full = await folder.write('SELECT i::DOUBLE AS x FROM range(60) AS t(i)');
  const gone = await folder.write('SELECT NULL::DOUBLE AS x FROM range(60) AS t(i)');
  const profile = await profileFiles([full]);
  const suite = suiteOf([{ type: 'metric_anomaly', column: 'x', metric: 'mean' }]);
  const earlier = Array.from({ length: 8 }, (_, day) => ({ time: at(day), profile }));
  const report = await checkFiles({ files: [gone], suite, history: earlier, window: windowOf(8) });
  expect(report.checks[0]).toMatchObject({ status: 'fail', observed: 'NaN' });
});
