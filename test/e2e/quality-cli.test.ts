import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { lstat, mkdtemp, open, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { DuckDBInstance } from '@duckdb/node-api';
import Ajv2020 from 'ajv/dist/2020';
import type { DriftReport } from '../../schemas/drift';
import type { QualityReport } from '../../schemas/quality-report';

const MAIN = join(__dirname, '../../dist/cli/main.js');

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-check-cli-'));
  const database = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await database.connect();
  const parts = { 'day-1': 'range(0, 600)', 'day-2': 'range(600, 1000)' };
  for (const [name, range] of Object.entries(parts)) {
    const query = `SELECT range AS id, range % 50 - 5 AS delay, 'A' || range % 3 AS origin FROM ${range}`;
    await connection.run(`COPY (${query}) TO '${join(folder, name)}.parquet' (FORMAT parquet)`);
  }
  connection.closeSync();
  database.closeSync();
});
afterAll(() => rm(folder, { recursive: true }));

/** Runs `millrace` in the folder of the files, in an environment that knows no server. */
const millrace = (...args: string[]) => run('', args);
const millraceReading = (input: string, ...args: string[]) => run(input, args);

async function run(input: string, args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const { PATH, HOME } = process.env;
  const child = spawn(process.execPath, [MAIN, ...args], { cwd: folder, env: { PATH, HOME } });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  child.stdin.end(input);
  const [code] = (await once(child, 'close')) as [number];
  return { code, stdout, stderr };
}

async function suite(name: string, checks: unknown): Promise<string> {
  await writeFile(join(folder, name), JSON.stringify({ checks }));
  return name;
}

describe('millrace check', () => {
  it('says as JSON what each check found in all files of a pattern, and exits with 1 when one failed', async () => {
    const file = await suite('fails.json', [
      { type: 'row_count', min: 1000, max: 1000 },
      { type: 'between', column: 'delay', min: 0 },
    ]);
    const { code, stdout, stderr } = await millrace('check', 'day-*.parquet', '--suite', file, '--key', 'id', '--json');
    expect([code, stderr]).toEqual([1, '']);
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({ verdict: 'fail', rows: 1000, durationMs: expect.any(Number) });
    expect(report.checks).toHaveLength(2);
    expect(report.checks[0]).toMatchObject({ type: 'row_count', status: 'pass', observed: 1000 });
    expect(report.checks[1]).toMatchObject({
      type: 'between',
      column: 'delay',
      status: 'fail',
      observed: 0.9,
      failing: 100,
      total: 1000,
      threshold: 'at least 0',
      examples: expect.arrayContaining([
        { row: 0, file: expect.stringContaining('day-1'), value: -5, keys: { id: 0 } },
      ]),
    });
  });

  it('exits with 0 when all passed, also with warnings, and shows a table', async () => {
    const file = await suite('warns.json', [
      { type: 'not_null', column: 'id' },
      { type: 'between', column: 'delay', min: 0, severity: 'warn' },
    ]);
    const { code, stdout, stderr } = await millrace('check', 'day-1.parquet', 'day-2.parquet', '--suite', file);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^status +check +rule +observed +failing\n✓ passed +not_null\(id\)/);
    expect(stdout).toMatch(/\nwarn: 2 checks: 1 passed, 1 warned; 1,000 rows in /);
  });

  it('exits with 2 when a check could not run, though another one failed, and shows what was found', async () => {
    const file = await suite('errs.json', [
      { type: 'not_null', column: 'orign' },
      { type: 'row_count', max: 1 },
    ]);
    const { code, stdout } = await millrace('check', 'day-1.parquet', '--suite', file, '--json');
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ verdict: 'error', checks: [{ status: 'error' }, { status: 'fail' }] });
    expect(JSON.parse(stdout).checks[0].message).toContain('did you mean "origin"');
  });

  it('names every mistake of a suite by path, with a hint, and exits with 2', async () => {
    const file = await suite('wrong.json', [
      { type: 'betwen', column: 'delay' },
      { type: 'regex', column: 'origin', pattern: '([' },
      { type: 'between', colum: 'delay', min: 0 },
    ]);
    const { code, stdout } = await millrace('check', 'day-1.parquet', '--suite', file, '--json');
    expect(code).toBe(2);
    const { error } = JSON.parse(stdout) as { error: { code: string; problems: { path: string }[] } };
    expect(error.code).toBe('SUITE_INVALID');
    expect(error.problems.map(({ path }) => path).sort()).toEqual([
      'checks[0].type',
      'checks[1].pattern',
      'checks[2].colum',
      'checks[2].column',
    ]);
    expect(JSON.stringify(error.problems)).toContain('did you mean \\"between\\"?');
    expect(JSON.stringify(error.problems)).toContain('did you mean \\"column\\"?');
  });

  it('takes a suite in TypeScript', async () => {
    const text = `const least: number = 1000;\nexport default { checks: [{ type: 'row_count', min: least }] };\n`;
    await writeFile(join(folder, 'suite.ts'), text);
    const { code, stdout } = await millrace('check', 'day-1.parquet', '--suite', 'suite.ts', '--json');
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ rows: 600, checks: [{ threshold: 'at least 1000 rows' }] });
  });

  it.each([
    ['a file that is not there', ['nights-*.parquet', '--suite', 'warns.json'], 'SOURCE_NOT_FOUND'],
    ['a folder', ['.', '--suite', 'warns.json'], 'SOURCE_NOT_FOUND'],
    ['a suite that is not there', ['day-1.parquet', '--suite', 'none.json'], 'SUITE_INVALID'],
    ['a suite that is no JSON', ['day-1.parquet', '--suite', 'day-1.parquet'], 'SUITE_INVALID'],
    ['no suite', ['day-1.parquet'], 'INPUT_INVALID'],
    [
      'a report that cannot be written',
      ['day-1.parquet', '--suite', 'warns.json', '--html', 'warns.json/x'],
      'INPUT_INVALID',
    ],
  ])('exits with 2 for %s', async (_, args, expected) => {
    const { code, stdout } = await millrace('check', ...args, '--json');
    expect([code, JSON.parse(stdout).error.code]).toEqual([2, expected]);
  });

  it('writes the report as a page and as JUnit XML', async () => {
    const files = ['--html', 'out/report.html', '--junit', 'out/report.xml'];
    const { code } = await millrace('check', 'day-1.parquet', '--suite', 'warns.json', '--key', 'id', ...files);
    expect(code).toBe(0);
    const page = await readFile(join(folder, 'out/report.html'), 'utf8');
    expect(page).toContain('<h1>Quality of <span class="data">day-1.parquet</span></h1>');
    expect(page).toContain('5 of 60 failing rows');
    expect(await readFile(join(folder, 'out/report.xml'), 'utf8')).toContain(
      '<testsuite name="day-1.parquet" tests="2" failures="0" errors="0" skipped="0"',
    );
  });

  it('writes reports through links and into pipes, which stay what they are', async () => {
    await writeFile(join(folder, 'kept.html'), 'before');
    await symlink('kept.html', join(folder, 'link.html'));
    execFileSync('mkfifo', [join(folder, 'pipe.xml')]);
    const read = readFile(join(folder, 'pipe.xml'), 'utf8');
    const files = ['--html', 'link.html', '--junit', 'pipe.xml'];
    const { code } = await millrace('check', 'day-1.parquet', '--suite', 'warns.json', ...files);
    expect([code, await read]).toEqual([0, expect.stringContaining('</testsuites>')]);
    expect(await readFile(join(folder, 'kept.html'), 'utf8')).toContain('<h1>Quality of');
    expect((await lstat(join(folder, 'link.html'))).isSymbolicLink()).toBe(true);
    expect((await lstat(join(folder, 'pipe.xml'))).isFIFO()).toBe(true);
  });

  it.each([['--json'], []])('exits with 2, and one line, where its answer finds no space: %s', async (...how) => {
    await suite('passes.json', [{ type: 'row_count', min: 1 }]);
    const full = await open('/dev/full', 'w');
    const args = ['check', 'day-1.parquet', '--suite', 'passes.json', ...how];
    const child = spawn(process.execPath, [MAIN, ...args], { cwd: folder, stdio: ['ignore', full.fd, 'pipe'] });
    const [said, [code]] = await Promise.all([text(child.stderr!), once(child, 'close')]);
    await full.close();
    expect([code, said]).toEqual([
      2,
      'the standard output cannot be written: ENOSPC: no space left on device, write\n',
    ]);
  });

  it('compares with references and history that are named on the command line, and draws both', async () => {
    await writeFile(join(folder, 'day-1.profile.json'), (await millrace('profile', 'day-1.parquet', '--json')).stdout);
    const file = await suite('drift.json', [
      { type: 'drift', column: 'origin', reference: 'training' },
      { type: 'drift', column: 'delay', reference: 'day-1.profile.json' },
      {
        type: 'metric_anomaly',
        column: 'delay',
        metric: 'mean',
        anomaly: { method: 'rate_of_change', maxIncrease: 0.1 },
      },
    ]);
    const history = ['--history', '2001-03-01=day-1.profile.json'];
    const named = [
      '--reference',
      'training=day-1.parquet',
      ...history,
      '--html',
      'drift.html',
      '--full-scan',
      '--json',
    ];
    const { code, stdout } = await millrace('check', 'day-2.parquet', '--suite', file, ...named);
    expect((JSON.parse(stdout) as QualityReport).checks.map(({ status }) => status)).toEqual(['pass', 'pass', 'pass']);
    expect(code).toBe(0);
    const page = await readFile(join(folder, 'drift.html'), 'utf8');
    expect(page).toContain('Most frequent values of origin, compared with the reference');
    expect(page).toContain('Distribution of delay, compared with the reference');
  });

  it('reads CSV from the standard input', async () => {
    const rows = Array.from({ length: 50 }, (_, i) => `${i},${i % 5}`);
    const file = await suite('csv.json', [{ type: 'between', column: 'b', max: 3 }]);
    const { code, stdout } = await millraceReading(
      ['a,b', ...rows].join('\n'),
      'check',
      '-',
      '--suite',
      file,
      '--json',
    );
    expect([code, JSON.parse(stdout)]).toMatchObject([1, { rows: 50, checks: [{ failing: 10 }] }]);
  });
});

describe('millrace profile and drift', () => {
  it('show a table or JSON that stands for the data, and write pages', async () => {
    const shown = await millrace('profile', 'day-*.parquet', '--html', 'profile.html', '--column', 'origin', 'delay');
    expect(shown).toMatchObject({
      code: 0,
      stderr: '',
      stdout: expect.stringMatching(/^column +type[^]*1,000 rows, 2 columns/),
    });
    expect(await readFile(join(folder, 'profile.html'), 'utf8')).toContain('Distribution of delay');
    const { stdout } = await millrace('profile', 'day-1.parquet', '--json');
    await writeFile(join(folder, 'one.json'), stdout);
    const same = await millrace('drift', 'one.json', 'day-1.parquet', '--json');
    expect([same.code, JSON.parse(same.stdout)]).toMatchObject([0, { verdict: 'pass', comparedColumns: 3 }]);
    const other = await millrace('drift', 'one.json', 'day-2.parquet', '--column', 'id', '--html', 'ids.html');
    expect([other.code, other.stdout]).toEqual([
      1,
      expect.stringMatching(/✗ drifted +id[^]*fail: 1 of 1 columns drifted/),
    ]);
    expect(await readFile(join(folder, 'ids.html'), 'utf8')).toContain('compared with the reference');
  });

  it('compare by the metric, the limit and the bins that are asked for', async () => {
    const drift = async (...options: string[]) => {
      const compared = ['drift', 'day-1.parquet', 'day-2.parquet', '--column', 'id', '--metric', 'psi'];
      const { stdout } = await millrace(...compared, ...options, '--json');
      return (JSON.parse(stdout) as DriftReport).columns[0]!;
    };
    const [ten, twenty, even] = [await drift(), await drift('--bins', '20'), await drift('--binning', 'sturges')];
    expect(ten).toMatchObject({ method: 'psi', threshold: 0.1, drifted: true });
    expect(new Set([ten, twenty, even].map(({ effect }) => effect)).size).toBe(3);
    expect(await drift('--max', '1000')).toMatchObject({ threshold: 1000, effect: ten.effect, drifted: false });
  });

  it('take a JSON file of rows for rows, not for a profile', async () => {
    await writeFile(
      join(folder, 'rows.json'),
      JSON.stringify([
        { version: 1, rows: 2 },
        { version: 2, rows: 3 },
      ]),
    );
    const { code, stdout } = await millrace('drift', 'rows.json', 'rows.json', '--json');
    expect([code, JSON.parse(stdout)]).toMatchObject([0, { verdict: 'pass', comparedColumns: 2 }]);
    const proposed = await millrace('suite', 'suggest', 'rows.json', '--json');
    expect(JSON.parse(proposed.stdout).checks).toContainEqual(expect.objectContaining({ type: 'row_count' }));
  });

  it.each([
    ['a profile of another version', ['drift', 'one.json', 'old.json'], 'SOURCE_UNREADABLE'],
    ['a file that is not there', ['drift', 'one.json', 'none.parquet'], 'SOURCE_NOT_FOUND'],
    ['a column that is nowhere', ['drift', 'one.json', 'one.json', '--column', 'x'], 'INPUT_INVALID'],
    ['a metric of numbers for texts', ['drift', 'day-1.parquet', 'day-1.parquet', '--metric', 'ks'], 'INPUT_INVALID'],
    ['a metric that is none', ['drift', 'one.json', 'one.json', '--metric', 'x'], 'INPUT_INVALID'],
    ['one bin', ['drift', 'one.json', 'one.json', '--bins', '1'], 'INPUT_INVALID'],
    ['an alpha that is none', ['drift', 'one.json', 'one.json', '--alpha', '2'], 'INPUT_INVALID'],
  ])('exit with 2 for %s', async (_, args, expected) => {
    await writeFile(join(folder, 'old.json'), JSON.stringify({ version: 0, rows: 0, columns: [] }));
    const { code, stdout } = await millrace(...args, '--json');
    expect([code, JSON.parse(stdout).error.code]).toEqual([2, expected]);
  });
});

describe('millrace suite schema', () => {
  it('is a JSON Schema that takes suites as they are written, and refuses what they may not be', async () => {
    const { stdout } = await millrace('suite', 'schema');
    const valid = new Ajv2020({ strict: false }).compile(JSON.parse(stdout));
    const written = { $schema: './suite.schema.json', checks: [{ type: 'between', column: 'delay', min: 0 }] };
    expect([valid(written), valid({ checks: [{ type: 'betwen' }] }), valid({ checks: [], extra: 1 })]).toEqual([
      true,
      false,
      false,
    ]);
    await writeFile(join(folder, 'with-schema.json'), JSON.stringify(written));
    expect((await millrace('check', 'day-1.parquet', '--suite', 'with-schema.json')).code).toBe(1);
  });
});

describe('millrace suite suggest', () => {
  it('reads the standard input', async () => {
    const { code, stdout } = await millraceReading('id,name\n1,a\n2,b\n', 'suite', 'suggest', '-', '--json');
    expect([code, JSON.parse(stdout)]).toEqual([0, expect.objectContaining({ checks: expect.any(Array) as unknown })]);
  });

  it('writes a suite that check takes as it is, tried on earlier versions, of which the data themselves are none', async () => {
    const proposed = await millrace(
      'suite',
      'suggest',
      'day-2.parquet',
      '--baseline',
      'day-*.parquet',
      '--out',
      'new.json',
    );
    expect([proposed.code, proposed.stderr]).toEqual([0, '']);
    expect(proposed.stdout).toContain('would have fired on 0 of 1');
    const suite = JSON.parse(await readFile(join(folder, 'new.json'), 'utf8'));
    expect(suite.checks).toContainEqual({
      type: 'in_set',
      column: 'origin',
      set: ['A0', 'A1', 'A2'],
      description: 'it has 3 values; would have fired on 0 of 1',
    });
    for (const day of ['day-1.parquet', 'day-2.parquet']) {
      expect((await millrace('check', day, '--suite', 'new.json', '--json')).code).toBe(0);
    }
    const foreign = await millrace('check', '-', '--suite', 'new.json', '--json');
    expect(foreign.code).toBe(2);
  });

  it('prints the suite as JSON, and writes TypeScript where the file is named so', async () => {
    const { code, stdout } = await millrace('suite', 'suggest', 'day-1.parquet', '--out', 'new.ts', '--json');
    expect([code, JSON.parse(stdout).checks[0].type]).toEqual([0, 'row_count']);
    expect((await millrace('check', 'day-1.parquet', '--suite', 'new.ts')).code).toBe(0);
  });
});
