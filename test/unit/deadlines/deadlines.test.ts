import fc from 'fast-check';
import {
  deadlinesAround,
  forecastEnd,
  gatherDeadlines,
  judgeDeadline,
  type DeadlineAlert,
  type ForecastStep,
} from '../../../engine/deadlines/index.js';

const at = (text: string) => Date.parse(text);

describe('the deadlines around a time', () => {
  it.each([
    ['before it', '06:00', 'Europe/Berlin', '2001-03-02T04:00:00Z', '2001-03-01T05:00:00Z', '2001-03-02T05:00:00Z'],
    ['at it', '06:00', 'Europe/Berlin', '2001-03-02T05:00:00Z', '2001-03-02T05:00:00Z', '2001-03-03T05:00:00Z'],
    [
      'before clocks jump',
      '06:00',
      'Europe/Berlin',
      '2001-03-24T12:00:00Z',
      '2001-03-24T05:00:00Z',
      '2001-03-25T04:00:00Z',
    ],
    [
      'over a time that is skipped',
      '02:30',
      'Europe/Berlin',
      '2001-03-25T00:00:00Z',
      '2001-03-24T01:30:00Z',
      '2001-03-25T01:30:00Z',
    ],
  ])('%s', (_, time, timezone, now, last, next) => {
    expect(deadlinesAround({ at: time, timezone }, at(now))).toEqual({ last: at(last), next: at(next) });
  });
});

describe('the forecast of a run', () => {
  const dependencies = { load: [], check: ['load'], train: ['check'], note: ['load'] };
  const history = { load: [100, 200, 300, 400, 500], check: [10, 10, 10, 10, 10], train: [1000], note: [5000] };
  const step = (name: string, status: ForecastStep['status'], startedAt: number | null = null): ForecastStep => ({
    step: name,
    status,
    startedAt: startedAt === null ? null : new Date(startedAt).toISOString(),
    durationMs: null,
  });
  const states = (...known: ForecastStep[]) =>
    Object.keys(dependencies).map((name) => known.find((state) => state.step === name) ?? step(name, 'pending'));
  const done = [step('load', 'succeeded', 0), step('check', 'succeeded', 0)];

  it.each<[string, ForecastStep[], number, number]>([
    ['that has not begun is that of its longest way', states(), 0, 400 + 5000],
    ['goes on from what has ended', states(...done, step('note', 'succeeded')), 700, 700 + 1000],
    [
      'takes a step to last as long as those did that took so long',
      states(step('load', 'running', 0)),
      450,
      500 + 5000,
    ],
    ['expects a step that took longer than ever to end now', states(step('load', 'running', 0)), 900, 900 + 5000],
    [
      'counts no time for a step that waits for somebody',
      states(...done, step('note', 'skipped'), step('train', 'waiting')),
      700,
      700,
    ],
  ])('%s', (_, known, now, end) => expect(forecastEnd(known, dependencies, history, now)).toBe(end));

  it('knows nothing without history, and never says a time that has passed', () => {
    expect(forecastEnd(states(), dependencies, {}, 0)).toBeNull();
    const durations = fc.array(fc.nat(10_000), { minLength: 1 });
    fc.assert(
      fc.property(durations, durations, fc.nat(20_000), (load, train, now) => {
        const end = forecastEnd(states(step('load', 'running', 0)), dependencies, { load, train }, now) ?? -1;
        expect(end).toBeGreaterThanOrEqual(now);
        expect(end).toBeLessThanOrEqual(Math.max(now, ...load) + Math.max(...train));
      }),
    );
  });
});

describe('a deadline', () => {
  const facts = {
    ...{ pipeline: 'p', partition: '2001-03-01', timezone: 'UTC', deadline: 10_000, now: 5000 },
    ...{ succeededAt: null, running: true, expectedEnd: null },
  };
  it.each([
    ['of which nothing is known', {}, undefined],
    ['that will be kept', { expectedEnd: 10_000 }, undefined],
    ['that will not be kept', { expectedEnd: 10_001 }, 'deadline_at_risk'],
    ['that was kept', { succeededAt: 4000, expectedEnd: null, now: 20_000 }, undefined],
    ['that was missed', { now: 10_000 }, 'deadline_missed'],
    ['that was met too late', { now: 12_000, succeededAt: 11_000 }, 'deadline_missed'],
  ])('%s', (_, change, event) => expect(judgeDeadline({ ...facts, ...change })?.event).toBe(event));
});

describe('partitions that are late together', () => {
  const late = (region: number): DeadlineAlert => ({
    ...{ event: 'deadline_missed', partition: `2001-03-01|r${region}`, title: `r${region} is late` },
    message: 'it has not begun',
  });
  it('are told as one, and few of them by name', () => {
    expect(gatherDeadlines('p', [late(0)])).toEqual(late(0));
    const many = gatherDeadlines('p', [late(0), ...Array.from({ length: 199 }, (_, index) => late(index + 1))]);
    expect(many).toMatchObject({ partition: null, title: '200 partitions of p missed their deadline' });
    expect(many.message.split('\n')).toEqual([
      ...Array.from({ length: 10 }, (_, index) => `2001-03-01|r${index}: it has not begun`),
      'and 190 more',
    ]);
  });
});
