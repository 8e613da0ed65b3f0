import Ajv from 'ajv/dist/2020';
import { parseSuite, suiteJsonSchema } from '../../../engine/quality/index';
import { suiteSchema } from '../../../schemas/check';

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
        { path: 'checks[0].type', message: '"betwen" is none of the known types; did you mean "between"?' },
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
    [
      'a time as the limit of a median',
      { type: 'aggregate', column: 'a', metric: 'median', max: '2001-01-01' },
      'checks[0].max',
    ],
    ['a type that no column has', { type: 'column_type', column: 'a', dataType: 'integr' }, 'checks[0].dataType'],
    [
      'a type that no column has, among columns',
      { type: 'schema_match', columns: ['a', { name: 'b', dataType: 'Strng' }] },
      'checks[0].columns[1].dataType',
    ],
    ['a day that there is not', { type: 'between', column: 'a', min: '2001-02-30' }, 'checks[0].min'],
    [
      'buckets that end before they begin',
      { type: 'partition_completeness', column: 'a', from: '2001-03-02', to: '2001-03-01' },
      'checks[0].to',
    ],
    [
      'a time zone that there is not',
      { type: 'volume_anomaly', anomaly: { method: 'seasonal', seasonality: 'day_of_week', timezone: 'Mars' } },
      'checks[0].anomaly.timezone',
    ],
    ['groups without any', { type: 'group_evolution', column: 'a' }, 'checks[0].set'],
  ])('%s is a mistake of its field', (_, check, path) => {
    expect(problemsOf({ checks: [check] }).map((problem) => problem.path)).toEqual([path]);
  });

  test.each([
    ['integr', '; did you mean "integer"?'],
    ['qqq', '; a family is one of integer, float, number, decimal, boolean, text, date, time, timestamp, binary'],
  ])('the type %s is a mistake with a remedy', (dataType, remedy) => {
    const [problem] = problemsOf({ checks: [{ type: 'column_type', column: 'a', dataType }] });
    expect(problem?.message).toBe(`is no known type: "${dataType}"${remedy}`);
  });

  test.each([
    'Int64',
    'uint8',
    'Decimal[10e+2]',
    'Timestamp<MICROSECOND>',
    'Dictionary<Int32, Utf8>',
    'utf8view',
    'bool',
    'double',
    'string',
    'timestamp[us, tz=Europe/Berlin]',
    'decimal128(12, 2)',
  ])('the type %s is none', (dataType) =>
    expect(problemsOf({ checks: [{ type: 'column_type', column: 'a', dataType }] })).toEqual([]),
  );

  test('the JSON Schema takes what the suite schema takes', () => {
    const validate = new Ajv({ strict: false }).compile(suiteJsonSchema());
    const suite = {
      checks: [{ type: 'between', column: 'delay', min: -1500, max: 2000, mostly: 0.99, where: 'distance > 0' }],
    };
    expect([validate(suite), suiteSchema.safeParse(suite).success]).toEqual([true, true]);
    expect(validate({ checks: [{ type: 'between', colum: 'delay' }] })).toBe(false);
    const addressed = { $schema: 1, checks: [{ type: 'row_count', min: 1 }] };
    expect([validate(addressed), problemsOf(addressed).map(({ path }) => path)]).toEqual([false, ['$schema']]);
  });
});
