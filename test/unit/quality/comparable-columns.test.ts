import { checkFiles } from '../../../engine/quality/index';
import { suiteOf, withParquetFolder } from './quality-fixtures';

const folder = withParquetFolder();

/** A file with a column `v` of a type, and the values in it. */
function fileOf(type: string, values: readonly string[]): Promise<string> {
  const rows = values.map((value) => (value === 'NULL' ? '(NULL)' : `('${value}')`)).join(', ');
  return folder.write(`SELECT v::${type} AS v FROM (VALUES ${rows}) t(v)`);
}

async function compared(own: string, reference: string) {
  const { checks } = await checkFiles({
    files: [own],
    suite: suiteOf([
      { type: 'relationships', column: 'v', reference },
      { type: 'reconciliation', reference },
    ]),
    threads: 1,
  });
  return checks;
}

const WHOLE = ['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'UTINYINT', 'USMALLINT', 'UINTEGER', 'UBIGINT'];
const TYPES = [...WHOLE, 'DECIMAL(9, 2)', 'DECIMAL(18, 0)', 'DECIMAL(38, 10)', 'DOUBLE'];
const areExact = (a: string, b: string) => ![a, b].includes('DOUBLE') || (!a.startsWith('DEC') && !b.startsWith('DEC'));

/** A file with the same numbers in a column of each of the types, called c0, c1 and so on. */
function columnsOf(types: readonly string[], values: string): Promise<string> {
  return folder.write(
    `SELECT ${types.map((type, i) => `v::${type} AS c${i}`).join(', ')} FROM (VALUES ${values}) t(v)`,
  );
}

describe('values of other types than those of the reference', () => {
  test.each([
    ['are found among those of all others', '(100), (7), (0), (7)', 0],
    ['are missed where they are not there', '(100), (6), (0), (6)', 2],
  ])('integers of all types %s', async (_, values, failing) => {
    const reference = await columnsOf(TYPES, values);
    const checks = TYPES.flatMap((type, i) =>
      TYPES.flatMap((other, j) =>
        areExact(type, other)
          ? [{ type: 'relationships' as const, column: `c${i}`, reference, referenceColumns: [`c${j}`] }]
          : [],
      ),
    );
    const files = [await columnsOf(TYPES, '(0), (7), (7), (NULL), (100)')];
    const report = await checkFiles({ files, suite: suiteOf(checks), threads: 1 });
    expect(report.checks).toHaveLength(TYPES.length ** 2 - 6);
    expect(report.checks.filter((check) => check.failing !== failing || check.total !== 4)).toEqual([]);
  });

  test.each([1, 3, 7])(
    'checksums of columns are equal whatever the types, and differ with a value (%d)',
    async (by) => {
      const types = TYPES.map((_, i) => TYPES[(i + by) % TYPES.length]!);
      const [same, other] = await Promise.all([
        columnsOf(types, '(100), (7), (0), (NULL)'),
        columnsOf(types, '(100), (6), (0), (NULL)'),
      ]);
      const columns = TYPES.flatMap((type, i) => (areExact(type, types[i]!) ? [`c${i}`] : []));
      const checks = [same, other].flatMap((reference) =>
        columns.map((column) => ({ type: 'reconciliation' as const, column, reference })),
      );
      const files = [await columnsOf(TYPES, '(0), (7), (NULL), (100)')];
      const report = await checkFiles({ files, suite: suiteOf(checks), threads: 1 });
      const statuses = report.checks.map(({ status }) => status);
      expect(statuses).toEqual([...columns.map(() => 'pass'), ...columns.map(() => 'fail')]);
    },
  );

  test.each([
    ['BIGINT', '-1', 'UBIGINT', '18446744073709551615'],
    ['UBIGINT', '18446744073709551615', 'BIGINT', '-1'],
    ['UBIGINT', '4294967303', 'INTEGER', '7'],
    ['BIGINT', '9007199254740993', 'DOUBLE', '9007199254740992'],
    ['DOUBLE', '9007199254740992', 'BIGINT', '9007199254740993'],
    ['DOUBLE', '7.5', 'INTEGER', '7'],
    ['DOUBLE', 'nan', 'BIGINT', '0'],
    ['DOUBLE', 'inf', 'BIGINT', '0'],
    ['DECIMAL(9, 2)', '7.50', 'BIGINT', '7'],
    ['DECIMAL(9, 2)', '7.25', 'DECIMAL(9, 1)', '7.2'],
    ['TIMESTAMP_NS', '2024-01-01 00:00:00.000000001', 'TIMESTAMP', '2024-01-01 00:00:00'],
  ])('%s %s is not %s %s', async (type, value, other, otherValue) => {
    const checks = await compared(await fileOf(type, [value]), await fileOf(other, [otherValue]));
    expect(checks.map(({ status, failing }) => [status, failing])).toEqual([
      ['fail', 1],
      ['fail', 0],
    ]);
  });

  test.each([
    ['DECIMAL(9, 2)', '-7.50', 'DECIMAL(38, 1)', '-7.5'],
    ['DECIMAL(38, 10)', '12345678901234567890.5', 'DECIMAL(38, 2)', '12345678901234567890.50'],
    ['BIGINT', '-9223372036854775808', 'DECIMAL(38, 3)', '-9223372036854775808'],
    ['BIGINT', '9007199254740992', 'DOUBLE', '9007199254740992'],
    ['TIMESTAMP_NS', '2024-01-01 00:00:00.001', 'TIMESTAMP_MS', '2024-01-01 00:00:00.001'],
  ])('%s %s is %s %s', async (type, value, other, otherValue) => {
    const [left, right] = [await fileOf(type, [value]), await fileOf(other, [otherValue])];
    const checks = [...(await compared(left, right)), ...(await compared(right, left))];
    expect(checks.map(({ status }) => status)).toEqual(['pass', 'pass', 'pass', 'pass']);
  });

  test('keys of several columns are compared column by column', async () => {
    const own = await folder.write(
      `SELECT i::INTEGER AS a, i::VARCHAR AS b, (i % 3)::BIGINT AS c FROM range(5000) t(i)`,
    );
    const reference = await folder.write(
      `SELECT i::UBIGINT AS a, i::VARCHAR AS b, (i % 3)::DECIMAL(9, 2) AS c FROM range(4990) t(i)`,
    );
    const columns = ['a', 'b', 'c'];
    const suite = suiteOf([{ type: 'relationships', columns, reference }]);
    const { checks } = await checkFiles({ files: [own], suite });
    expect(checks[0]).toMatchObject({ status: 'fail', failing: 10, total: 5000 });
    const turned = await checkFiles({
      files: [reference],
      suite: suiteOf([{ type: 'relationships', columns, reference: own }]),
    });
    expect(turned).toMatchObject({ verdict: 'pass' });
  });

  test('measures of decimals are equal whatever their scale, and equal to those of integers', async () => {
    const metrics = ['sum', 'min', 'max', 'mean', 'stddev', 'distinct_count'] as const;
    const reference = await fileOf('DECIMAL(18, 4)', ['-20', '7', '100']);
    for (const type of ['DECIMAL(9, 2)', 'INTEGER', 'BIGINT']) {
      const checks = metrics.map((metric) => ({ type: 'reconciliation' as const, metric, column: 'v', reference }));
      const report = await checkFiles({ files: [await fileOf(type, ['-20', '7', '100'])], suite: suiteOf(checks) });
      expect(report).toMatchObject({ verdict: 'pass' });
    }
  });

  test.each([
    [
      'DOUBLE',
      'DECIMAL(9, 2)',
      'the columns are of types Float64, those of the reference Decimal[9e+2]: cast one of them',
    ],
    ['VARCHAR', 'INTEGER', 'the columns are of types Utf8, those of the reference Int32: cast one of them'],
  ])('%s and %s cannot be compared, and are named', async (type, other, message) => {
    const checks = await compared(await fileOf(type, ['7']), await fileOf(other, ['7']));
    for (const check of checks) expect(check).toMatchObject({ status: 'error', message });
  });
});
