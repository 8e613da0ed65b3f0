import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { ingestPartition } from '../../../engine/datasets/index.js';
import { checkFiles, parseSuite } from '../../../engine/quality/index.js';
import { ALL, ingestStep, openWorkbench, refusal, sql, type Workbench } from './workbench.js';

const ROWS = 100_000;

let bench: Workbench;
let packed: Record<'gz' | 'zst', Buffer>;
beforeAll(async () => {
  bench = await openWorkbench();
  const file = join(bench.root, 'whole.csv');
  await sql(`COPY (SELECT range AS id, range * 7919 % 100003 AS x FROM range(${ROWS})) TO '${file}'`);
  await sql(`COPY (SELECT * FROM read_csv('${file}')) TO '${file}.zst' (FORMAT csv, HEADER, COMPRESSION zstd)`);
  packed = { gz: gzipSync(await readFile(file)), zst: await readFile(`${file}.zst`) };
});
afterAll(() => bench.close());
afterEach(async () => expect(await bench.leftovers()).toEqual([]));

async function ingest(name: string, bytes: Buffer): Promise<number> {
  await writeFile(join(bench.root, name), bytes);
  const step = ingestStep({ source: { kind: 'csv', path: name }, dataset: 'table' });
  return (await ingestPartition(bench, { step, window: ALL })).ref.rows;
}

describe.each(['gz', 'zst'] as const)('a packed file (%s)', (ending) => {
  it('is read to its end, and so is what was packed in two parts', async () => {
    expect(await ingest(`whole.csv.${ending}`, packed[ending])).toBe(ROWS);
    const twice = Buffer.concat([packed[ending], packed[ending]]);
    const header = 1; // of the second part: a row of texts
    expect(await ingest(`twice.csv.${ending}`, twice)).toBe(2 * ROWS + header);
  });

  it('that is cut off is refused, wherever the cut is: the rows before it are not all', async () => {
    const whole = packed[ending];
    for (const length of [6, 1000, whole.length >> 1, whole.length - 3, whole.length - 1]) {
      const failure = await refusal(ingest(`cut-${length}.csv.${ending}`, whole.subarray(0, length)));
      expect(failure).toMatchObject({
        code: 'SOURCE_UNREADABLE',
        message: expect.stringContaining('cannot be unpacked'),
      });
    }
    const file = join(bench.root, `cut-1000.csv.${ending}`);
    const check = checkFiles({ files: [file], suite: parseSuite({ checks: [{ type: 'row_count', min: 1 }] }) });
    expect(await refusal(check)).toMatchObject({ code: 'SOURCE_UNREADABLE' });
  });
});

it('a file of gzip that was changed is refused by its checksum', async () => {
  const changed = Buffer.from(packed.gz);
  changed[changed.length - 6]! ^= 1;
  expect(await refusal(ingest('changed.csv.gz', changed))).toMatchObject({
    code: 'SOURCE_UNREADABLE',
    message: expect.stringContaining('incorrect data check'),
  });
});
