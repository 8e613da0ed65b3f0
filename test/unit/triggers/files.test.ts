import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { filePattern, findFiles, matchPath, settledFiles, type SeenFile } from '../../../engine/triggers/index.js';

describe('the path of a trigger', () => {
  it.each([
    ['in/*.csv', 'in/a.csv', { partition: undefined }],
    ['in/*.csv', 'in/a.csv.tmp', null],
    ['in/*.csv', 'in/b/a.csv', null],
    ['in/sales-{partition}.csv', 'in/sales-2001-03-01.csv', { partition: '2001-03-01' }],
    ['{partition}/_SUCCESS', '2001-03-01/_SUCCESS', { partition: '2001-03-01' }],
    ['{partition}-*.csv', '2001-03-01-north.csv', { partition: '2001' }],
    ['a+b(c).{partition}', 'a+b(c).x', { partition: 'x' }],
    ['a+b(c).{partition}', 'aab(c).x', null],
    ['s3://bucket/in/{partition}.parquet', 's3://bucket/in/2001-03.parquet', { partition: '2001-03' }],
  ])('%s of %s', (pattern, path, found) => expect(matchPath(filePattern(pattern), path)).toEqual(found));
});

describe('a file', () => {
  const file = (bytes: number, stamp: string, marked?: boolean): SeenFile => ({
    path: 'a.csv',
    partition: undefined,
    bytes,
    stamp,
    ...(marked !== undefined && { marked }),
  });

  it('has settled when it was the same for long enough, and begins anew when it grows', () => {
    const look = (seen: SeenFile, before: object, now: number) =>
      settledFiles([seen], before as never, { settleMs: 5000, now });
    const first = look(file(10, 'x'), {}, 0);
    expect(first).toEqual({ settled: [], observed: { 'a.csv': { what: '10/x', since: 0 } } });
    const grown = look(file(20, 'y'), first.observed, 4000);
    expect(grown.observed).toEqual({ 'a.csv': { what: '20/y', since: 4000 } });
    expect(look(file(20, 'y'), grown.observed, 8999).settled).toEqual([]);
    expect(look(file(20, 'y'), grown.observed, 9000)).toEqual({ settled: [file(20, 'y')], observed: {} });
    expect(look(file(20, 'y', false), grown.observed, 9000).settled).toEqual([]);
    expect(look(file(20, 'y', true), {}, 9000).settled).toHaveLength(1);
  });

  it('is found by name, folder by folder, with what its marker says', async () => {
    const projectDir = await mkdtemp(join(tmpdir(), 'millrace-files-'));
    try {
      const names = ['in/n/1.csv', 'in/n/1.csv.ok', 'in/s/2.csv', 'in/s/deep/3.csv', 'in/4.csv', 'in/n/5.csv/x'];
      for (const name of names) {
        await mkdir(dirname(join(projectDir, name)), { recursive: true });
        await writeFile(join(projectDir, name), 'abc');
      }
      const access = { secrets: { get: () => Promise.reject(new Error()) }, s3: () => ({ region: '' }) };
      const find = async (path: string, marker?: string) =>
        (await findFiles({ path, marker }, { projectDir, access })).map((one) => [one.path, one.partition, one.marked]);
      expect(await find('in/*/{partition}.csv', '{name}.ok')).toEqual([
        ['in/n/1.csv', '1', true],
        ['in/s/2.csv', '2', false],
      ]);
      expect(await find('in/{partition}.csv')).toEqual([['in/4.csv', '4', undefined]]);
      expect(await find(join(projectDir, 'in/{partition}/2.csv'))).toEqual([
        [join(projectDir, 'in/s/2.csv'), 's', undefined],
      ]);
      expect(await find('nowhere/*.csv')).toEqual([]);
    } finally {
      await rm(projectDir, { recursive: true, force: true });
    }
  });
});
