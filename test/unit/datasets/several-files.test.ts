import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ingestPartition } from '../../../engine/datasets/index.js';
import { ALL, ingestStep, openWorkbench, refusal, rowsOf, sql, type Workbench } from './workbench.js';

let bench: Workbench;
beforeAll(async () => (bench = await openWorkbench()));
afterAll(() => bench.close());
afterEach(async () => expect(await bench.leftovers()).toEqual([]));

/** Ingests what the statements or texts make of a folder. */
async function ingest(folder: string, kind: 'csv' | 'json' | 'parquet', contents: string[], more: object = {}) {
  for (const [index, content] of contents.entries()) {
    const file = join(bench.root, folder, `${String(index + 1).padStart(String(contents.length).length, '0')}.${kind}`);
    await mkdir(dirname(file), { recursive: true });
    if (kind === 'parquet') await sql(`COPY (${content}) TO '${file}' (FORMAT parquet)`);
    else await writeFile(file, content);
  }
  const step = ingestStep({ source: { kind, path: `${folder}/*.${kind}` }, dataset: 'table', ...more });
  const { ref, columns, sources } = await ingestPartition(bench, { step, window: ALL });
  const root = join(bench.root, folder);
  expect(sources[0]).toEqual({ namespace: 'file', name: root });
  if (contents.length > 20) expect(sources).toHaveLength(1);
  else expect(sources[1]).toEqual({ namespace: 'file', name: join(root, `1.${kind}`) });
  return { columns: columns.map(({ name, type }) => `${name} ${type}`), rows: await rowsOf(bench, ref) };
}

const column = (name: string, type: string) => ({ name, type, nullable: true });

describe('the files of a glob', () => {
  it('may have their columns in another order, and integers of other sizes, which become the widest', async () => {
    const tables = ['SELECT 1::INTEGER AS a, 2 AS b', 'SELECT 4 AS b, 5000000000 AS a'];
    expect(await ingest('sizes', 'parquet', tables)).toEqual({
      columns: ['a BIGINT', 'b INTEGER'],
      rows: [
        ['1', 2],
        ['5000000000', 4],
      ],
    });
    expect(await ingest('order', 'csv', ['id,x\n1,a\n', 'x,id\nb,2\n'])).toEqual({
      columns: ['id BIGINT', 'x VARCHAR'],
      rows: [
        ['1', 'a'],
        ['2', 'b'],
      ],
    });
  });

  it.each<[string, 'csv' | 'parquet', string[], string]>([
    ['more', 'csv', ['a\n1\n', 'a,b\n2,3\n'], '2.csv has b, which 1.csv has not'],
    ['less', 'csv', ['a,b\n2,3\n', 'a\n1\n'], '2.csv has no b, which 1.csv has'],
    ['more', 'parquet', ['SELECT 1 AS a', 'SELECT 1 AS a, 2 AS b'], '2.parquet has b, which 1.parquet has not'],
    [
      'fraction',
      'parquet',
      ['SELECT 1 AS a', 'SELECT 1.5e0 AS a'],
      'a is DOUBLE in 2.parquet and INTEGER in 1.parquet',
    ],
    [
      'field',
      'parquet',
      ["SELECT {'x': 1} AS a", "SELECT {'y': 1} AS a"],
      'a is STRUCT(y INTEGER) in 2.parquet and STRUCT(x INTEGER) in 1.parquet',
    ],
  ])('that differ otherwise (%s, %s) are refused by name: no column and no fraction is lost', async (...given) => {
    const [folder, kind, contents, message] = given;
    expect(await refusal(ingest(`${folder}-${kind}`, kind, contents))).toMatchObject({
      code: 'SOURCE_SCHEMA_MISMATCH',
      message: expect.stringContaining('Declare `columns`'),
      problems: [{ path: 'source.path', message }],
    });
  });

  it('may differ in what the step does not declare, and must have what it does', async () => {
    const contents = ['a,b\n1,2\n', 'c,a\n3,4\n'];
    const some = { columns: [column('a', 'BIGINT')] };
    expect((await ingest('some', 'csv', contents, some)).rows).toEqual([['1'], ['4']]);
    const both = { columns: [column('a', 'BIGINT'), column('b', 'BIGINT')] };
    expect(await refusal(ingest('both', 'csv', contents, both))).toMatchObject({
      code: 'SOURCE_SCHEMA_MISMATCH',
      problems: [{ path: 'columns[1]', message: '2.csv has no b' }],
    });
    const numbers = ['SELECT 1 AS a', 'SELECT 1.5e0 AS a'];
    const asDouble = { columns: [column('a', 'DOUBLE')] };
    expect((await ingest('numbers', 'parquet', numbers, asDouble)).rows).toEqual([[1], [1.5]]);
  });

  it.each(['csv', 'json'] as const)('give types that fit the last of many as well as the first (%s)', async (kind) => {
    const values = Array.from({ length: 50 }, (_, index) => (index === 49 ? 1.5 : index));
    const contents = values.map((value) => (kind === 'csv' ? `x,y\n${value},\n` : JSON.stringify({ x: value })));
    contents[49] = kind === 'csv' ? 'x,y\n1.5,late\n' : '{"x":1.5,"y":"late"}';
    const { columns, rows } = await ingest('many', kind, contents);
    expect(columns).toEqual(['x DOUBLE', 'y VARCHAR']);
    expect([rows[48], rows[49]]).toEqual([
      [48, null],
      [1.5, 'late'],
    ]);
  });
});
