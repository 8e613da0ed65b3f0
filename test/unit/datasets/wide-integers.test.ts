import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ingestPartition, transformDataset } from '../../../engine/datasets/index.js';
import { withoutHugeIntegers } from '../../../engine/datasets/wide-integers.js';
import type { Column, DatasetVersionRef } from '../../../schemas/index.js';
import { ALL, ingestStep, openWorkbench, refusal, rowsOf, type Workbench } from './workbench.js';

let bench: Workbench;
beforeAll(async () => (bench = await openWorkbench()));
afterAll(() => bench.close());
afterEach(async () => expect(await bench.leftovers()).toEqual([]));

async function ingest(file: string, text: string, declared?: Column[]) {
  await writeFile(join(bench.root, file), text);
  const kind = file.endsWith('.csv') ? ('csv' as const) : ('json' as const);
  const step = ingestStep({ source: { kind, path: file }, dataset: 'table', ...(declared && { columns: declared }) });
  return ingestPartition(bench, { step, window: ALL });
}

const types = (columns: readonly Column[]) => columns.map(({ type }) => type);
const column = (name: string, type: string) => ({ name, type, nullable: true });

describe('integers beyond BIGINT in sources', () => {
  it.each(['csv', 'ndjson'])('are exact in %s, or text where DECIMAL has no room', async (ending) => {
    const wide = ['12345678901234567890', '-98765432109876543210987654321098765432', '1'];
    const longer = ['123456789012345678901234567890123456789', '2', '3'];
    const mixed = ['12345678901234567890', '1.5', '2'];
    const powers = ['1e30', '2', '3'];
    const rows = wide.map((_, row) => [wide[row], longer[row], mixed[row], powers[row]]);
    const text =
      ending === 'csv'
        ? ['wide,longer,mixed,powers', ...rows.map((row) => row.join(','))].join('\n')
        : rows.map(([a, b, c, d]) => `{"wide":${a},"longer":${b},"mixed":${c},"powers":${d}}`).join('\n');
    const { ref, columns } = await ingest(`wide.${ending}`, text);
    expect(types(columns)).toEqual(['DECIMAL(38,0)', 'VARCHAR', 'DOUBLE', 'DOUBLE']);
    expect(await rowsOf(bench, ref, 'list(wide::VARCHAR)::VARCHAR, list(longer)::VARCHAR')).toEqual([
      [`[${wide.join(', ')}]`, `[${longer.join(', ')}]`],
    ]);
  });

  it('are exact within values of JSON', async () => {
    const { ref, columns } = await ingest(
      'inner.json',
      '{"ids":[12345678901234567890],"of":{"HUGEINT":18446744073709551615}}',
    );
    expect(types(columns)).toEqual(['DECIMAL(38,0)[]', 'STRUCT(HUGEINT DECIMAL(38,0))']);
    expect(await rowsOf(bench, ref, 'ids::VARCHAR, of::VARCHAR')).toEqual([
      ['[12345678901234567890]', "{'HUGEINT': 18446744073709551615}"],
    ]);
  });

  it('are exact within values of JSON also where DuckDB guesses DOUBLE, which stays what has fractions', async () => {
    const wide = '-123456789012345678901234567890';
    const { ref, columns } = await ingest(
      'deep.ndjson',
      [
        `{"a":{"n":${wide},"x":1.5,"DOUBLE":1},"list":[{"n":[${wide}]},{"n":null}],"long":{"n":1${'0'.repeat(40)}}}`,
        '{"a":{"n":1,"x":2},"list":null,"long":null}',
      ].join('\n'),
    );
    expect(types(columns)).toEqual([
      'STRUCT(n DECIMAL(38,0), x DOUBLE, "DOUBLE" BIGINT)',
      'STRUCT(n DECIMAL(38,0)[])[]',
      'STRUCT(n VARCHAR)',
    ]);
    expect(await rowsOf(bench, ref, 'a.n::VARCHAR, a.x, list[1].n[1]::VARCHAR, long.n')).toEqual([
      [wide, 1.5, wide, `1${'0'.repeat(40)}`],
      ['1', 2, null, null],
    ]);
    const keyed = Array.from({ length: 300 }, (_, i) => `{"m":{"k${i}":${wide}}}`).join('\n');
    expect(types((await ingest('keyed.ndjson', keyed)).columns)).toEqual(['MAP(VARCHAR, DECIMAL(38,0))']);
  });

  it('are exact where HUGEINT is declared', async () => {
    const { ref, columns } = await ingest('declared.csv', 'id\n12345678901234567890\n', [column('id', 'HUGEINT')]);
    expect(types(columns)).toEqual(['DECIMAL(38,0)']);
    expect(await rowsOf(bench, ref, 'id::VARCHAR')).toEqual([['12345678901234567890']]);
  });
});

it('names the line of a CSV that has not as many values as the header, and no options that a step does not have', async () => {
  const failure = await refusal(ingest('ragged.csv', '"a, b",c\n1,2\n3\n'));
  expect(failure).toMatchObject({ code: 'SOURCE_UNREADABLE' });
  expect(failure.message).toMatch(
    /^ragged.csv as csv: .*CSV Error on Line: 3\nOriginal Line: 3\nExpected Number of Columns: 2 Found: 1$/,
  );
});

describe('a declared integer', () => {
  it.each(['csv', 'ndjson'])('is no fraction, which is not rounded, in %s', async (ending) => {
    const text = (values: string[]) =>
      ending === 'csv' ? ['n', ...values].join('\n') : values.map((value) => `{"n":${value}}`).join('\n');
    for (const type of ['BIGINT', 'INTEGER', 'DECIMAL(20,0)']) {
      const failure = await refusal(ingest(`bad.${ending}`, text(['1', '2.5', '15e-1']), [column('n', type)]));
      expect(failure).toMatchObject({
        code: 'SOURCE_SCHEMA_MISMATCH',
        problems: [
          { path: 'columns[0]', message: expect.stringContaining(`n has 2 values that are not ${type}, as in "`) },
        ],
      });
    }
    const { ref } = await ingest(`good.${ending}`, text(['1', '2.0', '1.5e1', '-3']), [column('n', 'BIGINT')]);
    expect(await rowsOf(bench, ref, 'list(n)::VARCHAR')).toEqual([['[1, 2, 15, -3]']]);
  });
});

describe('integers of 128 bits in a transform', () => {
  let input: DatasetVersionRef;
  beforeAll(async () => {
    input = (await ingest('input.csv', 'n\n9007199254740993\n9223372036854775807\n-9223372036854775808\n')).ref;
  });
  const transform = (sql: string) =>
    transformDataset(bench, { sql, params: {}, inputs: { t: [input] }, window: ALL, dataset: 'sums' });

  it('are stored exactly as BIGINT, in the query’s order', async () => {
    const { ref, columns } = await transform(
      'SELECT n, sum(n) AS "a sum", [sum(n)] AS l FROM t GROUP BY n ORDER BY n DESC',
    );
    expect(types(columns)).toEqual(['BIGINT', 'BIGINT', 'BIGINT[]']);
    expect(await rowsOf(bench, ref, 'list("a sum")::VARCHAR')).toEqual([
      ['[9223372036854775807, 9007199254740993, -9223372036854775808]'],
    ]);
  });

  it('are refused with the remedy where BIGINT does not hold them, which a cast of the query then is', async () => {
    expect(await refusal(transform('SELECT sum(n) AS total FROM t WHERE n > 0'))).toMatchObject({
      code: 'SQL_INVALID',
      message: expect.stringMatching(/^9232379236109516800 is beyond BIGINT.*"total"::DECIMAL\(38,0\)/),
    });
    const { ref } = await transform('SELECT sum(n)::DECIMAL(38,0) AS total FROM t WHERE n > 0');
    expect(await rowsOf(bench, ref, 'total::VARCHAR')).toEqual([['9232379236109516800']]);
  });
});

it('leaves names alone that read like a type', () => {
  expect(withoutHugeIntegers('STRUCT("a HUGEINT" HUGEINT, HUGEINT UHUGEINT[])', 'BIGINT')).toBe(
    'STRUCT("a HUGEINT" BIGINT, HUGEINT BIGINT[])',
  );
});

// Written by pyarrow: one row, d DECIMAL(60,2) = 1, x BIGINT = 1.
const OF_60_DIGITS =
  'UEFSMRUAFUAVQCwVAhUAFQYVBhwAAAACAAAAAgEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAZBUAFRwVHCwVAhUAFQYVBhwAAAACAAAAAgEBAA' +
  'AAAAAAABUEGTw1ABgGc2NoZW1hFQQAFQ4VNBUCGAFkJQoVBBV4LFwVBBV4AAAAFQQlAhgBeAAWAhkcGSwmABwVDhklBgAZGAFkFQAWAhZmFmYm' +
  'CEkcFQAVABUCADwpBhkmAAIAAAAmABwVBBklBgAZGAF4FQAWAhZCFkImbkkcFQAVABUCADwpBhkmAAIAAAAWqAEWAiYIFqgBACggcGFycXVldC' +
  '1jcHAtYXJyb3cgdmVyc2lvbiAyNi4wLjEZLBwAABwAAADBAAAAUEFSMQ==';

it('decimals of more than 38 digits in Parquet are refused, not read wrong, and others beside them are read', async () => {
  await writeFile(join(bench.root, 'wide.parquet'), Buffer.from(OF_60_DIGITS, 'base64'));
  const step = { source: { kind: 'parquet', path: 'wide.parquet' }, dataset: 'table' };
  expect(await refusal(ingestPartition(bench, { step: ingestStep(step), window: ALL }))).toMatchObject({
    code: 'SOURCE_SCHEMA_MISMATCH',
    problems: [{ path: 'source', message: 'd is DECIMAL(60,2); decimals have at most 38 digits' }],
  });
  const beside = ingestStep({ ...step, columns: [column('x', 'BIGINT')] });
  const { ref } = await ingestPartition(bench, { step: beside, window: ALL });
  expect(await rowsOf(bench, ref)).toEqual([['1']]);
});

/** Columns t of nanoseconds in UTC, u of nanoseconds without a zone and w of microseconds in UTC; written by pyarrow. */
const OF_NANOSECONDS =
  'UEFSMRUAFRwVHCwVAhUAFQYVBhwAAAACAAAAAgEVzYU9/pyXFxUAFRwVHCwVAhUAFQYVBhwAAAACAAAAAgEVzYU9/pyXFxUAFRwVHCwVAhUAFQYVBhwA' +
  'AAACAAAAAgFAIiAYJAoGABUEGUw1ABgGc2NoZW1hFQYAFQQlAhgBdGyMERw8AAAAAAAVBCUCGAF1bIwSHDwAAAAAABUEJQIYAXclFEyMERwsAAAAAAAW' +
  'AhkcGTwmABwVBBklBgAZGAF0FQAWAhZCFkImCEkcFQAVABUCADwpBhkmAAIAAAAmABwVBBklBgAZGAF1FQAWAhZCFkImSkkcFQAVABUCADwpBhkmAAIA' +
  'AAAmABwVBBklBgAZGAF3FQAWAhZCFkImjAFJHBUAFQAVAgA8KQYZJgACAAAAFsYBFgImCBbGAQAoIHBhcnF1ZXQtY3BwLWFycm93IHZlcnNpb24gMjYu' +
  'MC4xGTwcAAAcAAAcAAAABAEAAFBBUjE=';

it('nanoseconds with a zone in Parquet are cut to microseconds, which is told by column, unless the step declares it', async () => {
  await writeFile(join(bench.root, 'nanos.parquet'), Buffer.from(OF_NANOSECONDS, 'base64'));
  const step = { source: { kind: 'parquet', path: 'nanos.parquet' }, dataset: 'table' };
  const taken = await ingestPartition(bench, { step: ingestStep(step), window: ALL });
  expect(taken.cutTimes).toEqual(['t']);
  expect(await rowsOf(bench, taken.ref)).toEqual([
    ['2023-11-14 22:13:20.123456+00', '2023-11-14 22:13:20.123456789', '2023-11-14 22:13:20.123456+00'],
  ]);
  const declared = ingestStep({ ...step, columns: [column('t', 'TIMESTAMP WITH TIME ZONE')] });
  expect((await ingestPartition(bench, { step: declared, window: ALL })).cutTimes).toEqual([]);
});

it('nanoseconds in CSV are cut to microseconds where the type is guessed, which is told by column; in JSON they stay text', async () => {
  const moment = '2023-11-14T22:13:20.123456789';
  const csv = `id,t,u,w,z\n1,${moment}Z,${moment},${moment.slice(0, -3)},${moment.slice(0, -3)}000Z\n`;
  const { ref, cutTimes, columns } = await ingest('nanos.csv', csv);
  expect(cutTimes).toEqual(['t', 'u']);
  expect((await rowsOf(bench, ref, 'u::VARCHAR'))[0]).toEqual(['2023-11-14 22:13:20.123456']);
  expect((await ingest('nanos.csv', csv, columns)).cutTimes).toEqual([]);
  const json = await ingest('nanos.ndjson', `{"t":"${moment}Z"}`);
  expect([json.cutTimes, await rowsOf(bench, json.ref)]).toEqual([[], [[`${moment}Z`]]]);
});
