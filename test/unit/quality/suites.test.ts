import Ajv from 'ajv/dist/2020';
import {
  parseSuite,
  profileFiles,
  suggestSuite,
  suiteJsonSchema,
  wilsonInterval,
  type DatasetProfile,
} from '../../../engine/quality/index';
import { suiteSchema } from '../../../schemas/check';
import { withParquetFolder } from './quality-fixtures';

const folder = withParquetFolder();
const problemsOf = (suite: unknown) => {
  try {
    parseSuite(suite);
    return [];
  } catch (error) {
    return (error as { problems: { path: string; message: string }[] }).problems;
  }
};

describe('parseSuite', () => {
  test('names every mistake by its path, with the nearest known name', () => {
    const problems = problemsOf({
      checks: [
        { type: 'betwen', column: 'a', min: 1 },
        { type: 'between', colum: 'a', min: 1 },
        { type: 'aggregate', column: 'a', metric: 'avg', min: 1 },
      ],
      keyColum: [],
    });
    expect(problems).toEqual(
      expect.arrayContaining([
        { path: 'checks[0].type', message: 'there is no check "betwen"; did you mean "between"?' },
        { path: 'checks[1].colum', message: 'is not a known field; did you mean "column"?' },
        expect.objectContaining({ path: 'checks[1].column' }),
        expect.objectContaining({ path: 'checks[2].metric' }),
        expect.objectContaining({ path: 'keyColum' }),
      ]),
    );
  });

  test.each<[string, object, string]>([
    ['an expression that ends', { type: 'expression', expression: 'a >' }, 'checks[0].expression'],
    ['a filter with an unknown function', { type: 'row_count', min: 1, where: 'sin(a) > 0' }, 'checks[0].where'],
    [
      'a filter that is nested too deep',
      { type: 'row_count', min: 1, where: `${'('.repeat(5000)}a` },
      'checks[0].where',
    ],
    ['a quantile without which', { type: 'aggregate', column: 'a', metric: 'quantile', min: 1 }, 'checks[0].quantile'],
    ['one column and several', { type: 'unique', column: 'a', columns: ['b'] }, 'checks[0].columns'],
    ['limits in the wrong order', { type: 'entropy', column: 'a', min: 2, max: 1 }, 'checks[0].max'],
    ['groups without any', { type: 'group_evolution', column: 'a' }, 'checks[0].set'],
  ])('%s is a mistake of its field', (_, check, path) => {
    expect(problemsOf({ checks: [check] }).map((problem) => problem.path)).toEqual([path]);
  });

  test('the JSON Schema takes what the suite schema takes', () => {
    const validate = new Ajv({ strict: false }).compile(suiteJsonSchema());
    const suite = {
      checks: [{ type: 'between', column: 'delay', min: -1500, max: 2000, mostly: 0.99, where: 'distance > 0' }],
    };
    expect([validate(suite), suiteSchema.safeParse(suite).success]).toEqual([true, true]);
    expect(validate({ checks: [{ type: 'between', colum: 'delay' }] })).toBe(false);
  });
});

describe('suggestSuite', () => {
  const day = async (n: number, extra = ''): Promise<DatasetProfile> =>
    profileFiles([
      await folder.write(`
        SELECT id, CASE WHEN id % 20 <> 0 THEN 'k' || (id % 4) END AS cat, ((id * ${n} * 7) % 90)::DOUBLE AS x ${extra}
        FROM range(${1000 + n}) AS t(id)`),
    ]);

  test('proposes what holds, and tries it on earlier versions', async () => {
    const earlier = await Promise.all([1, 2, 3, 4].map((n) => day(n)));
    const suggestions = suggestSuite(await day(5), earlier);
    const checks = suggestions.map(({ check }) => check);
    expect(checks).toEqual(
      expect.arrayContaining([
        { type: 'row_count', min: 500, max: 2010 },
        { type: 'not_null', column: 'id' },
        { type: 'unique', column: 'id' },
        { type: 'not_null', column: 'cat', mostly: 0.933 },
        { type: 'in_set', column: 'cat', set: ['k1', 'k2', 'k3', 'k0'] },
        { type: 'between', column: 'x', min: 0 },
      ]),
    );
    expect(
      suggestions.every(({ fired, tried, reason }) => fired === 0 && tried === 4 && reason.endsWith('0 of 4')),
    ).toBe(true);
    expect(parseSuite({ checks }).checks).toHaveLength(checks.length);
  });

  test('does not propose what earlier versions would have failed', async () => {
    const without = await Promise.all([1, 2].map((n) => day(n)));
    const types = suggestSuite(await day(3, `, 'always' AS late`), without).map(({ check }) => JSON.stringify(check));
    expect(types.filter((text) => text.includes('late'))).toEqual([]);
  });

  test('Wilson’s interval is that of its formula, worked out in Python', () => {
    const [low, high] = wilsonInterval(95, 100);
    expect(low).toBeCloseTo(0.888249531, 8);
    expect(high).toBeCloseTo(0.978456321, 8);
  });
});
