import { writeFile } from 'node:fs/promises';
import fc from 'fast-check';
import {
  checkFiles,
  parseSuite,
  profileFiles,
  suggestSuite,
  wilsonInterval,
  type DatasetProfile,
} from '../../../engine/quality/index';
import { patternOf } from '../../../engine/quality/suggest/text-pattern';
import { withParquetFolder } from './quality-fixtures';

const folder = withParquetFolder();

const profileOf = async (query: string): Promise<DatasetProfile> => profileFiles([await folder.write(query)]);
const day = (n: number, extra = '') =>
  profileOf(`
    SELECT id, CASE WHEN id % 20 <> 0 THEN 'k' || (id % 4) END AS cat, ((id * ${n} * 7) % 90)::DOUBLE AS x ${extra}
    FROM range(${1000 + n}) AS t(id)`);

test('proposes what holds, and tries it on earlier versions', async () => {
  const earlier = await Promise.all([1, 2, 3, 4].map((n) => day(n)));
  const { proposed } = suggestSuite(await day(5), earlier);
  const checks = proposed.map(({ check }) => check);
  expect(checks).toEqual(
    expect.arrayContaining([
      { type: 'row_count', min: 502, max: 2010 },
      {
        type: 'schema_match',
        columns: [
          { name: 'id', dataType: 'integer' },
          { name: 'cat', dataType: 'text' },
          { name: 'x', dataType: 'float' },
        ],
        allowExtra: true,
      },
      { type: 'not_null', column: 'id' },
      { type: 'unique', column: 'id' },
      { type: 'not_null', column: 'cat', mostly: 0.933 },
      { type: 'in_set', column: 'cat', set: ['k1', 'k2', 'k3', 'k0'] },
      { type: 'between', column: 'x', min: 0, max: 128 },
    ]),
  );
  expect(proposed.every(({ fired, tried }) => fired === 0 && tried === 4)).toBe(true);
  expect(parseSuite({ checks }).checks).toHaveLength(checks.length);
});

test('a suite for numbers at the ends of what a double holds is valid, and its own data pass', async () => {
  const file = await folder.write(`
    SELECT CASE WHEN i % 2 = 0 THEN 1e300 ELSE -1e300 END AS huge, 5e-324::DOUBLE AS tiny, 1.7e308 - i * 1e300 AS most,
      -2e-310::DOUBLE * i AS below
    FROM range(50) t(i)`);
  const { proposed } = suggestSuite(await profileFiles([file]));
  const suite = parseSuite({ checks: proposed.map(({ check }) => check) });
  expect((await checkFiles({ files: [file], suite, threads: 1 })).verdict).toBe('pass');
});

test('numbers of which some are NaN or infinite get a share that is finite, a range and a mean of what is', async () => {
  const odd = (every: number) => `
    SELECT CASE WHEN i % ${every} = 1 THEN 'nan'::DOUBLE WHEN i % ${every} = 2 THEN 'infinity'::DOUBLE WHEN i % 7 <> 0 THEN i % 90 END
      AS "of ""x"""
    FROM range(2000) t(i)`;
  const [file, worse] = [await folder.write(odd(100)), await folder.write(odd(50))];
  const earlier = [await profileFiles([worse])];
  const column = 'of "x"';
  const checksOf = (versions: DatasetProfile[], profile: DatasetProfile) =>
    suggestSuite(profile, versions).proposed.map(({ check }) => check);
  const profile = await profileFiles([file]);
  expect(checksOf([], profile)).toEqual(
    expect.arrayContaining([
      { type: 'finite', column, mostly: 0.968 },
      { type: 'between', column, min: 0, max: 134, mostly: 0.968 },
      { type: 'aggregate', metric: 'mean', column, min: 18.2, max: 70.4, where: 'isfinite("of ""x""")' },
    ]),
  );
  const loosened = checksOf(earlier, profile);
  for (const [checks, path] of [
    [checksOf([], profile), file],
    [loosened, file],
    [loosened, worse],
  ] as const) {
    const report = await checkFiles({ files: [path], suite: parseSuite({ checks }), threads: 1 });
    expect(report.checks.map(({ status }) => status)).toEqual(checks.map(() => 'pass'));
  }
  // All are finite now, but were not earlier: the mean is of what is finite all the same.
  const whole = await profileFiles([await folder.write('SELECT (i % 90)::DOUBLE AS "of ""x""" FROM range(2000) t(i)')]);
  const means = checksOf(earlier, whole).filter((check) => 'metric' in check);
  expect(means).toEqual([expect.objectContaining({ where: 'isfinite("of ""x""")' })]);
});

test('a column without values says nothing of its type, neither now nor in an earlier version', async () => {
  await writeFile(folder.path('none.csv'), 'i,v\n1,\n');
  await writeFile(folder.path('some.csv'), 'i,v\n1,5\n');
  const [empty, full] = [await profileFiles([folder.path('none.csv')]), await profileFiles([folder.path('some.csv')])];
  const schemaOf = (proposal: ReturnType<typeof suggestSuite>) =>
    proposal.proposed.find(({ check }) => check.type === 'schema_match');
  expect(schemaOf(suggestSuite(empty))?.check).toMatchObject({ columns: [{ name: 'i', dataType: 'integer' }, 'v'] });
  expect(schemaOf(suggestSuite(full, [empty]))).toMatchObject({ fired: 0 });
});

test('loosens a check that would have fired to what earlier versions need', async () => {
  const versions = (values: readonly string[]) =>
    values.map((value) => profileOf(`SELECT ${value} AS v FROM range(100)`));
  const [numbers, texts] = [
    suggestSuite(await profileOf('SELECT range AS v FROM range(100)'), await Promise.all(versions(['500', '-3']))),
    suggestSuite(await profileOf("SELECT 'a' AS v FROM range(100)"), await Promise.all(versions(["'b'", "'a'"]))),
  ];
  expect(numbers.proposed).toContainEqual(
    expect.objectContaining({
      check: { type: 'between', column: 'v', min: -255, max: 752 },
      fired: 0,
      firedBefore: 2,
    }),
  );
  expect(texts.proposed).toContainEqual(
    expect.objectContaining({ check: { type: 'in_set', column: 'v', set: ['a', 'b'] }, fired: 0, firedBefore: 1 }),
  );
});

test('leaves out what earlier versions would have failed, however wide', async () => {
  const without = await Promise.all([1, 2].map((n) => day(n)));
  const { proposed, leftOut } = suggestSuite(await day(3, `, 'always' AS late`), without);
  const aboutLate = (list: typeof proposed) =>
    list
      .filter(({ check }) => 'column' in check && check.column === 'late')
      .map(({ check, fired }) => [check.type, fired]);
  expect(aboutLate(proposed)).toEqual([]);
  expect(aboutLate(leftOut)).toEqual([
    ['not_null', 2],
    ['in_set', 2],
  ]);
});

test('with many versions a mean is judged by how far means of versions are apart', async () => {
  const mean = (n: number) =>
    profileOf(`SELECT (CASE WHEN range % 2 = 0 THEN -100 ELSE 100 END + ${n})::DOUBLE AS x FROM range(1000)`);
  const [now, ...earlier] = (await Promise.all([0, 1, -1, 2, -2, 1].map(mean))) as [
    DatasetProfile,
    ...DatasetProfile[],
  ];
  const bounds = (versions: DatasetProfile[]) =>
    suggestSuite(now, versions).proposed.flatMap(({ check }) =>
      check.type === 'aggregate' ? [[check.min, check.max]] : [],
    )[0];
  expect(bounds([])).toEqual([-101, 101]);
  // Means 0, 1, -1, 2, -2, 1: mean 1/6, standard deviation 1.472.
  expect(bounds(earlier)).toEqual([-5.73, 6.06]);
});

test('values that were seen once tell of values that were not seen yet', async () => {
  const profile = await profileOf(
    `SELECT CASE WHEN range < 4 THEN 'rare' || range ELSE 'k' || (range % 3) END AS v FROM range(1000)`,
  );
  const [set] = suggestSuite(profile).proposed.flatMap(({ check }) => (check.type === 'in_set' ? [check] : []));
  // Wilson's upper bound of 4 in 1000 is 0.01024.
  expect(set).toMatchObject({ mostly: 0.989 });
});

describe('patternOf', () => {
  test.each<[readonly string[], string | undefined]>([
    [['ORD', 'LAX'], '^[A-Z]{3}$'],
    [['AB-123', 'C-45678'], '^[A-Z]{1,2}-[0-9]{3,5}$'],
    [['2001-03-01'], '^[0-9]{4}-[0-9]{2}-[0-9]{2}$'],
    [['Ab1', 'bA2'], '^[A-Za-z]{2}[0-9]$'],
    [['a1', '1a'], '^[A-Za-z0-9]{2}$'],
    [['--', '--'], undefined],
    [['a', ''], undefined],
    [['a b', 'ab'], undefined],
    [[], undefined],
  ])('of %j is %s', (texts, pattern) => expect(patternOf(texts)).toBe(pattern));

  test('is matched by all that it was made of', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme', maxLength: 8 }), { minLength: 1, maxLength: 5 }), (texts) => {
        const pattern = patternOf(texts);
        if (pattern === undefined) return;
        expect(parseSuite({ checks: [{ type: 'regex', column: 'a', pattern }] }).checks).toHaveLength(1);
        for (const text of texts) expect(text).toMatch(new RegExp(pattern, 'u'));
      }),
    );
  });
});

test('Wilson’s interval is that of its formula, worked out in Python', () => {
  const [low, high] = wilsonInterval(95, 100);
  expect(low).toBeCloseTo(0.888249531, 8);
  expect(high).toBeCloseTo(0.978456321, 8);
});
