import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { ingestPartition } from '../../../engine/datasets/index.js';
import { ALL, ingestStep, openWorkbench, refusal, rowsOf, sql, type Workbench } from './workbench.js';

let bench: Workbench;
beforeAll(async () => (bench = await openWorkbench()));
afterAll(() => bench.close());
afterEach(async () => expect(await bench.leftovers()).toEqual([]));

async function ingest(name: string, content: string | Buffer, more: object = {}) {
  if (content !== '') await writeFile(join(bench.root, name), content);
  const kind = /\.(csv|json|parquet)/.exec(name)?.[1];
  const step = ingestStep({ source: { kind, path: name }, dataset: 'table', ...more });
  const { ref, columns } = await ingestPartition(bench, { step, window: ALL });
  return { version: ref.version, columns: columns.map(({ name: of }) => of), rows: await rowsOf(bench, ref) };
}

const taking = (...names: string[]) => ({
  columns: names.map((name) => ({ name, type: 'BIGINT', nullable: true })),
});

describe('a name that several columns have', () => {
  it.each([
    ['same.csv', 'id,id,x\n1,2,3\n', 'id'],
    ['case.csv', 'id,ID,x\n1,2,3\n', 'id, ID'],
    ['same.csv.gz', gzipSync('id,id,x\n1,2,3\n'), 'id'],
    ['rows.json', '{"Id":1,"x":3}\n{"id":2}\n', 'Id, id'],
    ['list.json', '[{"id":1,"ID":2,"x":3}]', 'ID, id'],
  ])('is refused: the second would get another, or lose its values (%s)', async (name, content, told) => {
    expect(await refusal(ingest(name, content))).toMatchObject({
      code: 'SOURCE_SCHEMA_MISMATCH',
      problems: [{ path: 'source', message: `several columns have the name ${told}` }],
    });
    expect((await ingest(name, '', taking('x'))).rows[0]).toEqual(['3']);
  });

  it('is refused of Parquet, also behind columns that have columns in them', async () => {
    const file = join(bench.root, 'nested.parquet');
    await sql(`COPY (SELECT {'a': 1, 'b': {'c': [2]}} AS s, 1 AS id, 2 AS x) TO '${file}' (FORMAT parquet)`);
    expect((await ingest('nested.parquet', '')).columns).toEqual(['s', 'id', 'x']);
    const numbered = join(bench.root, 'numbered.parquet');
    await sql(`COPY (SELECT {'a': 1, 'id': 2} AS s, 1 AS id, 2 AS id_1) TO '${numbered}' (FORMAT parquet)`);
    expect((await ingest('numbered.parquet', '')).columns).toEqual(['s', 'id', 'id_1']);
  });

  it('is no obstacle where JSON is read by its keys, or where the number is the source’s own', async () => {
    expect((await ingest('keys.json', '{"Id":1}\n{"id":2}\n', taking('id'))).rows).toEqual([[null], ['2']]);
    expect((await ingest('own.csv', 'a,a_1\n1,2\n')).columns).toEqual(['a', 'a_1']);
    expect((await ingest('own.json', '{"a":1,"a_1":2}\n')).rows).toEqual([['1', '2']]);
  });
});

describe('lines of a CSV', () => {
  it('may end in different ways, packed or not, and the version is that of lines that end alike', async () => {
    const alike = await ingest('alike.csv', 'id,x\n1,"a\r\nb"\n2,c\n3,d\n');
    const mixed = 'id,x\r\n1,"a\r\nb"\n2,c\r3,d\r\n';
    expect(await ingest('mixed.csv', mixed)).toEqual(alike);
    expect(await ingest('mixed.csv.gz', gzipSync(mixed))).toEqual(alike);
    expect((await ingest('declared.csv', mixed, taking('id'))).rows).toEqual([['1'], ['2'], ['3']]);
    expect(await refusal(ingest('ragged.csv', 'id,x\r\n1,a\n2,b,c\r\n'))).toMatchObject({
      code: 'SOURCE_UNREADABLE',
      message: expect.stringContaining('Line: 3'),
    });
  });
});

it('a file is known to be packed by its first bytes, whatever its name', async () => {
  const plain = await ingest('plain.csv', 'id\n1\n');
  expect(await ingest('packed.csv', gzipSync('id\n1\n'))).toEqual(plain);
  expect(await ingest('unpacked.csv.gz', 'id\n1\n')).toEqual(plain);
  expect((await ingest('packed.json', gzipSync('{"id":1}\n'))).rows).toEqual([['1']]);
});
