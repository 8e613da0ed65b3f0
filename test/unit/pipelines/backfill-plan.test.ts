import { expectedMs, planBackfill, planDifference, type BackfillPlan } from '../../../engine/pipelines/index.js';
import type { BackfillInput, LatestRun } from '../../../schemas/index.js';

const about = {
  pipeline: 'p',
  partitions: { kind: 'daily', timezone: 'UTC' },
  specification: 'now',
  checks: 'each',
} as const;

const run = (partition: string, verdict: LatestRun['verdict'], more: Partial<LatestRun> = {}): LatestRun => ({
  partition,
  runId: `run of ${partition}`,
  verdict,
  specificationDigest: 'now',
  durationMs: verdict === null ? null : 1_000,
  ...more,
});

const RUNS = [
  run('2001-03-02', null),
  run('2001-03-03', 'failed'),
  run('2001-03-04', 'refused'),
  run('2001-03-05', 'rolled_back'),
  run('2001-03-06', 'succeeded', { specificationDigest: 'then' }),
  run('2001-03-07', 'succeeded'),
  run('2001-03-08', 'succeeded'),
];
const KEYS = Array.from({ length: 9 }, (_, index) => `2001-03-0${index + 1}`);

function plan(reprocess: BackfillInput['reprocess'], keys = KEYS, runs = RUNS): BackfillPlan {
  const latest = new Map(runs.map((latestRun) => [latestRun.partition, latestRun]));
  const basis = { keys, latest, outdated: new Set(['2001-03-07']), now: Date.parse('2001-03-09T12:00:00Z') };
  return planBackfill({ ...about, reprocess }, basis);
}

describe('planBackfill', () => {
  it.each<[BackfillInput['reprocess'], string]>([
    ['missing', 'run run skip skip skip skip skip reuse skip'],
    ['failed', 'run run run run run skip skip reuse skip'],
    ['stale', 'run run run run run run run reuse skip'],
    ['all', 'run run run run run run run run skip'],
  ])('for %s decides: %s', (reprocess, actions) => {
    expect(
      plan(reprocess)
        .entries.map(([, action]) => action)
        .join(' '),
    ).toBe(actions);
  });

  it('gives each partition the reason, whatever is done about it', () => {
    expect(plan('missing').entries.map(([, , reason]) => reason)).toEqual([
      'never_ran',
      'under_way',
      'failed_before',
      'refused_before',
      'refused_before',
      'specification_changed',
      'inputs_changed',
      'up_to_date',
      'not_complete',
    ]);
  });
});

describe('planDifference', () => {
  it('is empty for the same plan', () => {
    expect(planDifference(plan('failed'), plan('failed'))).toEqual([]);
  });

  it('names what came, what went and what is done otherwise', () => {
    const before = plan('failed', KEYS.slice(0, 3));
    const after = plan('failed', KEYS.slice(1, 4), [...RUNS.slice(0, 1), run('2001-03-03', 'succeeded')]);
    expect(planDifference(before, after)).toEqual([
      '2001-03-03: run (failed_before) → reuse (up_to_date)',
      '2001-03-04: not in the plan → run (never_ran)',
      '2001-03-01: run → not in the range',
    ]);
    expect(planDifference(plan('missing'), plan('all'))[0]).toBe('reprocess: missing → all');
  });
});

describe('expectedMs', () => {
  const latest = (runs: LatestRun[]) => new Map(runs.map((latestRun) => [latestRun.partition, latestRun]));

  it('takes what a partition took last, else the middle of what others took, spread over the runs at once', () => {
    const keys = KEYS.slice(0, 4);
    const runs = [
      run('2001-03-01', 'succeeded', { durationMs: 10_000 }),
      run('2001-03-02', 'succeeded', { durationMs: 2_000 }),
    ];
    // The middle of 2 and 10 seconds is taken to be 10; two partitions have never run.
    expect(expectedMs(plan('all', keys, runs), latest(runs), [], 4)).toBe(8_000);
    expect(expectedMs(plan('all', keys, []), new Map(), [3_000], 2)).toBe(6_000);
  });

  it('says nothing where nothing is known', () => {
    expect(expectedMs(plan('all'), new Map(), [], 4)).toBeNull();
  });
});
