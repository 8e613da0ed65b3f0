import { compareProfiles } from '../../../../engine/quality/drift/index.js';
import type { ColumnProfile } from '../../../../engine/quality/profile/index.js';
import {
  driftReportSchema,
  type ColumnDrift,
  type DriftMethod,
  type DriftOptionsInput,
} from '../../../../schemas/index.js';
import { numbers, profileOf, quantiles, texts } from './profiles.js';

/** Compares one column. */
function drift(reference: ColumnProfile, current: ColumnProfile, options: DriftOptionsInput = {}): ColumnDrift {
  const report = driftReportSchema.parse(compareProfiles(profileOf(reference), profileOf(current), options));
  return report.columns[0]!;
}

const uniform = (size: number, shift = 0) => quantiles(size, (share) => share + shift);

describe('the method', () => {
  it.each<{ of: string; columns: [ColumnProfile, ColumnProfile]; method: DriftMethod }>([
    { of: 'numbers, 1000 rows', columns: [numbers('x', uniform(1000)), numbers('x', uniform(10))], method: 'ks' },
    {
      of: 'numbers, 1001 rows',
      columns: [numbers('x', uniform(1001)), numbers('x', uniform(10))],
      method: 'wasserstein',
    },
    { of: 'five numbers, 1000 rows', columns: [fewNumbers(200, 4), fewNumbers(9, 5)], method: 'chi2' },
    { of: 'five numbers, 1005 rows', columns: [fewNumbers(201, 5), fewNumbers(9, 5)], method: 'js' },
    { of: 'six numbers on both sides together', columns: [fewNumbers(100, 5), fewNumbers(100, 6)], method: 'ks' },
    { of: 'texts, 1000 rows', columns: [texts('x', { a: 400, b: 600 }), texts('x', { a: 40, b: 60 })], method: 'chi2' },
    { of: 'texts, 1001 rows', columns: [texts('x', { a: 401, b: 600 }), texts('x', { a: 40, b: 60 })], method: 'js' },
  ])('for $of is $method, as Evidently chooses', ({ columns, method }) => {
    expect(drift(...columns).method).toBe(method);
  });

  it('can be named for a column, and so can the threshold', () => {
    const columns = [numbers('x', uniform(5000)), numbers('x', uniform(5000, 0.05))] as const;
    expect(drift(...columns)).toMatchObject({ method: 'wasserstein', drifted: true });
    const options = { columns: { x: { method: 'psi' } }, thresholds: { psi: 0.3 } } as const;
    expect(drift(...columns, options)).toMatchObject({ method: 'psi', threshold: 0.3, drifted: false });
    expect(drift(...columns, { columns: { x: { threshold: 0.2 } } })).toMatchObject({ threshold: 0.2, drifted: false });
  });

  it.each<DriftMethod>(['psi', 'js', 'linf', 'hellinger', 'chi2', 'ks', 'wasserstein'])(
    '%s finds a shift of numbers by half their range, and none between equal samples',
    (method) => {
      const options = { columns: { x: { method } } };
      expect(drift(numbers('x', uniform(3000)), numbers('x', uniform(3000, 0.5)), options).drifted).toBe(true);
      expect(drift(numbers('x', uniform(3000)), numbers('x', uniform(600)), options)).toMatchObject({
        drifted: false,
        method,
      });
    },
  );

  it('by quantiles sees what bins of equal width lump together for an outlier', () => {
    const sample = [...uniform(2000), 1e6];
    const moved = [...uniform(2000, 0.3), 1e6];
    const effect = (binning: 'quantile' | 'sturges') =>
      drift(numbers('x', sample), numbers('x', moved), { columns: { x: { method: 'psi' } }, binning }).effect;
    expect(effect('sturges')).toBe(0);
    expect(effect('quantile')).toBeGreaterThan(0.25);
  });
});

describe('a column', () => {
  it('has not drifted by a difference that is certain but small', () => {
    const found = drift(numbers('x', uniform(200_000)), numbers('x', uniform(200_000, 0.01)));
    expect(found).toMatchObject({ drifted: false, referenceRows: 200_000 });
    expect(found.p).toBeLessThan(1e-6);
    expect(found.message).toMatch(/^stable: Wasserstein distance in standard deviations 0\.0346, limit 0\.1/);
  });

  it('has not drifted by a difference that is large but may be chance', () => {
    const found = drift(numbers('x', uniform(2000)), numbers('x', [0.7, 0.8, 0.9]));
    expect(found).toMatchObject({ drifted: false, currentRows: 3 });
    expect(found.effect).toBeGreaterThan(0.9);
    expect(found.message).toContain('may be chance');
    expect(drift(numbers('x', uniform(2000)), numbers('x', [0.7, 0.8, 0.9]), { alpha: 1 }).drifted).toBe(true);
  });

  it('is judged by p over all columns: what one in twenty shows by chance is no drift among twenty', () => {
    // p = 0.028 alone.
    const odd = [numbers('odd', uniform(100)), numbers('odd', uniform(60, 0.22))] as const;
    expect(drift(...odd)).toMatchObject({ drifted: true, method: 'ks' });
    const others = Array.from({ length: 19 }, (_, index) => numbers(`same${index}`, uniform(100)));
    const report = compareProfiles(profileOf(odd[0], ...others), profileOf(odd[1], ...others));
    expect(report.columns[0]).toMatchObject({ p: drift(...odd).p, drifted: false });
    expect(report.columns[0]!.pAdjusted).toBeCloseTo(20 * report.columns[0]!.p!, 12);
  });

  it('of a sketch is not called drifted for what the sketch may be wrong by', () => {
    const sketch = (shift: number, rankError: number) => ({
      values: uniform(100, shift),
      weights: new Array<number>(100).fill(1000),
      rankError,
    });
    const options = { columns: { x: { method: 'ks' } }, thresholds: { ks: 0.01 } } as const;
    const compared = (rankError: number) =>
      drift(numbers('x', sketch(0, rankError)), numbers('x', sketch(0.02, rankError)), options);
    expect(compared(0)).toMatchObject({ drifted: true });
    expect(compared(0.016)).toMatchObject({ drifted: false, p: 1 });
  });

  it('takes the standard deviation of all rows rather than that of a sketch', () => {
    const reference = numbers('x', uniform(2000));
    const wide = { ...reference, moments: { ...reference.moments!, m2: reference.moments!.m2 * 100 } };
    const current = numbers('x', uniform(2000, 1));
    expect(drift(wide, current).effect! * 10).toBeCloseTo(drift(reference, current).effect!, 9);
  });

  it('names new and vanished categories', () => {
    const found = drift(texts('x', { a: 900, b: 500, gone: 70 }), texts('x', { a: 80, b: 60, new: 50, rare: 1 }));
    expect(found).toMatchObject({
      drifted: true,
      newCategories: ['new', 'rare'],
      newCategoryCount: 2,
      vanishedCategories: ['gone'],
      vanishedCategoryCount: 1,
    });
    expect(found.message).toMatch(/^drifted: Jensen-Shannon distance .*; new: new, rare; vanished: gone$/);
  });

  it('names twenty categories at most and counts the rest', () => {
    const many = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`c${index}`, 50 - index]));
    const found = drift(texts('x', { a: 900, b: 500 }), texts('x', { a: 900, b: 500, ...many }));
    expect(found.newCategories).toHaveLength(20);
    expect(found.newCategoryCount).toBe(30);
    expect(found.message).toMatch(/new: c0, c1, c2, c3, c4 and 25 more$/);
  });

  it.each<{ why: string; columns: [ColumnProfile, ColumnProfile]; drifted: boolean | null; says: string }>([
    {
      why: 'three categories of one row each',
      columns: [texts('x', { a: 1, b: 1, c: 1 }), texts('x', { d: 2 })],
      drifted: null,
      says: 'too few values',
    },
    {
      why: 'an identifier',
      columns: [texts('x', { a: 9 }, 5000), texts('x', { b: 8 }, 9000)],
      drifted: null,
      says: 'too rare to be listed',
    },
    {
      why: 'no values in the reference',
      columns: [numbers('x', []), numbers('x', [1])],
      drifted: null,
      says: 'reference has no values',
    },
    {
      why: 'no rows now',
      columns: [numbers('x', [1]), numbers('x', [])],
      drifted: null,
      says: 'current data has no values',
    },
    {
      why: 'nothing but nulls now',
      columns: [numbers('x', uniform(90)), numbers('x', [], { rows: 50, nulls: 50 })],
      drifted: true,
      says: 'all values are missing',
    },
    {
      why: 'two nulls now',
      columns: [numbers('x', uniform(90), { rows: 180, nulls: 90 }), numbers('x', [], { rows: 2, nulls: 2 })],
      drifted: null,
      says: 'no values',
    },
    {
      why: 'another type now',
      columns: [numbers('x', uniform(90)), texts('x', { a: 5 })],
      drifted: true,
      says: 'type has changed from Float64 to Utf8',
    },
    {
      why: 'a time before and none now',
      columns: [time([1, 2, 3]), texts('x', { a: 5 })],
      drifted: true,
      says: 'type has changed from',
    },
    { why: 'a time', columns: [time([1, 2, 3]), time([4, 5, 6])], drifted: null, says: 'times go on' },
  ])('with $why is not measured, and says so', ({ columns, drifted, says }) => {
    const found = drift(...columns);
    expect(found).toMatchObject({ drifted, effect: null, method: null, p: null });
    expect(found.message).toContain(says);
  });

  it('of times that is gone is told', () => {
    const found = compareProfiles(profileOf(time([1, 2, 3])), profileOf(numbers('y', [1])));
    expect(found).toMatchObject({ driftedColumns: 1 });
  });

  it('of times is compared where a method is named', () => {
    const hours = (offset: number) => quantiles(500, (share) => 3_600_000 * (share + offset));
    expect(drift(time(hours(0)), time(hours(9)), { columns: { x: { method: 'ks' } } })).toMatchObject({
      effect: 1,
      drifted: true,
    });
  });

  it('with the same constant on both sides is stable, and another constant is drift', () => {
    expect(drift(numbers('x', [7, 7]), numbers('x', [7, 7, 7]))).toMatchObject({ drifted: false, effect: 0 });
    const sevens = new Array<number>(2000).fill(7);
    expect(
      drift(
        numbers('x', sevens),
        numbers(
          'x',
          sevens.map(() => 8),
        ),
      ),
    ).toMatchObject({ drifted: true });
  });
});

describe('the dataset', () => {
  const still = ['a', 'b', 'c'].map((name) => numbers(name, uniform(400)));
  const moved = numbers('c', uniform(400, 0.5));

  it('has drifted from the share of columns that is set', () => {
    const [reference, current] = [profileOf(...still), profileOf(still[0]!, still[1]!, moved)];
    expect(compareProfiles(reference, current)).toMatchObject({
      verdict: 'pass',
      drifted: false,
      driftShare: 1 / 3,
      driftShareLimit: 0.5,
      comparedColumns: 3,
      driftedColumns: 1,
    });
    expect(compareProfiles(reference, current, { driftShare: 0.3 })).toMatchObject({ verdict: 'fail', drifted: true });
    expect(compareProfiles(reference, current, { only: ['c'] })).toMatchObject({ verdict: 'fail', driftShare: 1 });
  });

  it('counts a column that is gone as drifted and says nothing of a new one', () => {
    const report = compareProfiles(profileOf(...still), profileOf(still[0]!, still[1]!, numbers('d', uniform(9))));
    expect(report).toMatchObject({ comparedColumns: 3, driftedColumns: 1 });
    expect(report.columns.map(({ column, drifted, message }) => [column, drifted, message]).slice(2)).toEqual([
      ['c', true, 'drifted: the current data has no such column'],
      ['d', null, 'not compared: the reference has no such column'],
    ]);
  });

  it('is skipped, not passed, where no column can be compared', () => {
    const report = compareProfiles(profileOf(numbers('x', [])), profileOf(numbers('x', [])));
    expect(report).toMatchObject({ verdict: 'skip', drifted: false, driftShare: null });
  });

  it.each<{ options: unknown; path: string; says: string }>([
    { options: { only: ['delya'] }, path: 'only[0]', says: 'did you mean delay?' },
    { options: { columns: { zzz: {} } }, path: 'columns.zzz', says: 'neither profile has' },
    { options: { columns: { carrier: { method: 'ks' } } }, path: 'columns.carrier.method', says: 'compares numbers' },
    { options: { driftShare: 0 }, path: 'driftShare', says: '' },
    { options: { treshold: 1 }, path: 'treshold', says: 'not a known field' },
  ])('refuses options with $path', ({ options, path, says }) => {
    const profile = profileOf(numbers('delay', [1, 2]), texts('carrier', { a: 2 }));
    const message = expect.stringContaining(says) as string;
    expect(() => compareProfiles(profile, profile, options as DriftOptionsInput)).toThrow(
      expect.objectContaining({ code: 'INPUT_INVALID', problems: [{ path, message }] }) as Error,
    );
  });
});

/** A column of the numbers 1, 2 and so on, each as often. */
function fewNumbers(times: number, distinct: number): ColumnProfile {
  return numbers(
    'x',
    Array.from({ length: times * distinct }, (_, index) => index % distinct),
  );
}

function time(milliseconds: number[]): ColumnProfile {
  return numbers('x', milliseconds, { domain: 'instant', type: 'Timestamp<MILLISECOND>', moments: null });
}
