import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../../../engine/threads.js';
import type { Check } from '../../../schemas/check.js';
import type { QualityReport } from '../../../schemas/quality-report.js';
import { isOfShare } from '../../../engine/quality/key-limits.js';
import { countInPasses } from '../../../engine/quality/count-in-passes.js';
import { runScan } from '../../../engine/quality/run-scan.js';
import type { CountsState, KeysState } from '../../../engine/quality/states.js';
import { suiteOf, withParquetFolder } from './quality-fixtures.js';

const folder = withParquetFolder();

const CHECKS = suiteOf([
  { type: 'unique', column: 'k', where: 'n < 19000' },
  { type: 'unique', columns: ['k', 'n'] },
  { type: 'primary_key', column: 'k' },
  { type: 'duplicate_rows', columns: ['k'] },
  { type: 'distinct_count', column: 'x', min: 1 },
  { type: 'unique_ratio', column: 'word', max: 1, where: 'x > 0' },
]);

/** A scan for one check. */
const jobOf = (file: string, check: Check) => ({
  files: [file],
  suite: { ...CHECKS, checks: [check] },
  findings: [undefined],
  fullScan: false,
});

test('several passes count what one does, with nulls, NaN and row filters', async () => {
  const file = await folder.write(`
    SELECT CASE WHEN range % 7 <> 0 THEN range % 12000 END AS k, range AS n, 'w' || range % 50 AS word,
      CASE WHEN range % 5 = 0 THEN 'NaN'::DOUBLE ELSE range % 900 / 2 END AS x FROM range(20000)`);
  for (const check of CHECKS.checks) {
    const job = jobOf(file, check);
    const { states, kinds } = await runScan(job);
    const state = states[0] as KeysState | CountsState;
    const expected = {
      kind: 'spilled',
      total: state.total,
      nulls: state.nulls,
      distinct: state.keys.offsets.length - 1,
    };
    expect(expected.distinct).toBeGreaterThan(0);
    expect(await countInPasses(job, check, kinds[0]!)).toEqual(expected);
  }
});

test('what asks for more than the number of keys is not counted so', async () => {
  const file = await folder.write('SELECT range AS n, [range] AS list FROM range(10)');
  for (const check of suiteOf([
    { type: 'entropy', column: 'n', min: 1 },
    { type: 'unique', column: 'list', where: 'n > 1' },
  ]).checks) {
    const job = jobOf(file, check);
    const { kinds } = await runScan(job);
    expect(await countInPasses(job, check, kinds[0]!)).toBeNull();
  }
});

// As a process of its own: the loops over keys take seven times as long in a test’s context.
test('a check with a row filter whose keys do not fit into memory has its exact verdict', async () => {
  // Keys of about a hundred bytes: the power of two above their size is more than a check may take.
  const file = await folder.write(`SELECT repeat('x', 90) || (range % 1480000) AS k, range AS n FROM range(1500000)`);
  const suite = `${file}.json`;
  await writeFile(suite, JSON.stringify({ checks: [{ type: 'unique', column: 'k', where: 'n < 1490000' }] }));
  const cli = join(packageRoot(__filename), 'dist', 'cli', 'main.js');
  const { status, stdout } = spawnSync(process.execPath, [cli, 'check', file, '--suite', suite, '--json'], {
    encoding: 'utf8',
  });
  const { checks } = JSON.parse(stdout) as QualityReport;
  expect(checks).toMatchObject([{ status: 'fail', failing: 10_000, total: 1_490_000 }]);
  expect(status).toBe(1);
}, 120_000);

test('each key is of one share, and the shares are about as large', () => {
  for (const count of [1, 4, 8]) {
    const sizes = new Array<number>(count).fill(0);
    for (let i = 0; i < 8000; i++) {
      const key = Buffer.from(`key ${i}`);
      const shares = sizes.flatMap((_, index) => (isOfShare({ index, of: count }, key, key.length) ? [index] : []));
      expect(shares).toHaveLength(1);
      sizes[shares[0]!]!++;
    }
    for (const size of sizes) expect(Math.abs(size - 8000 / count)).toBeLessThan(200);
  }
});
