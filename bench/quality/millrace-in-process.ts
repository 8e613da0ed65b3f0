import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type * as CheckFiles from '../../engine/quality/check-files.js';
import type * as Drift from '../../engine/quality/drift/index.js';
import type * as ProfileFiles from '../../engine/quality/profile-files.js';
import type * as ScanPool from '../../engine/quality/scan-pool.js';
import { packageRoot } from '../../engine/threads.js';
import { suiteSchema } from '../../schemas/check.js';
import type { TaskName } from './engine.js';
import type { ChecksInput } from './tasks/checks.js';
import type { DriftInput } from './tasks/drift.js';
import type { ProfileInput } from './tasks/profile.js';

const ROOT = packageRoot(__filename);
// As it is installed: compiled.
const ENGINE = join(ROOT, 'dist', 'engine', 'quality');

interface How {
  threads: number | undefined;
  fullScan: boolean | undefined;
  pool: ScanPool.ScanPool;
}

/** What is timed: does the task once, and returns what is wrong with the answer, if anything. */
type Timed = (how: How) => Promise<() => unknown>;

const TIMED: Record<TaskName, (input: never) => Promise<Timed>> = { checks, drift, profile };

/** Does a task several times in this process, with threads that are kept, and prints `{version, ms}`: TASK INPUT RUNS [option...]. */
async function main(): Promise<void> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { threads: { type: 'string' }, 'full-scan': { type: 'boolean' } },
  });
  const [task, input, runs] = positionals as [TaskName, string, string];
  const { createScanPool } = (await import(join(ENGINE, 'scan-pool.js'))) as typeof ScanPool;
  const threads = values.threads === undefined ? undefined : Number(values.threads);
  const how = { threads, fullScan: values['full-scan'], pool: createScanPool() };
  const timed = await TIMED[task](JSON.parse(input) as never);
  const ms: number[] = [];
  for (let run = 0; run < Number(runs); run++) {
    const started = performance.now();
    const problem = await timed(how);
    ms.push(performance.now() - started);
    const wrong = problem();
    if (wrong !== undefined) throw new Error(`a wrong answer: ${JSON.stringify(wrong)}`);
  }
  await how.pool.close();
  const manifest = readFileSync(join(ROOT, 'package.json'), 'utf8');
  console.log(JSON.stringify({ version: (JSON.parse(manifest) as { version: string }).version, ms }));
}

async function checks({ file, suite: suiteFile, verdict }: ChecksInput): Promise<Timed> {
  const { checkFiles } = (await import(join(ENGINE, 'check-files.js'))) as typeof CheckFiles;
  const suite = suiteSchema.parse(JSON.parse(readFileSync(suiteFile, 'utf8')));
  return async (how) => {
    const report = await checkFiles({ files: [file], suite, ...how });
    return () => report.checks.find(({ status }) => status !== verdict);
  };
}

async function drift({ reference, current, columns, drifted }: DriftInput): Promise<Timed> {
  const { profileFiles } = (await import(join(ENGINE, 'profile-files.js'))) as typeof ProfileFiles;
  const { compareProfiles } = (await import(join(ENGINE, 'drift', 'index.js'))) as typeof Drift;
  return async ({ threads, pool }) => {
    const before = await profileFiles([reference], { columns, threads, pool });
    const report = compareProfiles(before, await profileFiles([current], { columns, threads, pool }), {
      only: columns,
    });
    return () => {
      const compared = report.columns.filter((column) => column.drifted !== null);
      const found = compared.filter((column) => column.drifted).map(({ column }) => column);
      const isRight = drifted === null || found.join() === drifted.join();
      return compared.length === columns.length && isRight ? undefined : report;
    };
  };
}

async function profile({ file, rows, delay }: ProfileInput): Promise<Timed> {
  const { profileFiles } = (await import(join(ENGINE, 'profile-files.js'))) as typeof ProfileFiles;
  return async ({ threads, pool }) => {
    const told = await profileFiles([file], { threads, pool });
    return () => {
      const { nulls, min, max, moments } = told.columns.find(({ name }) => name === 'delay')!;
      const isRight =
        told.rows === rows && nulls === delay.nulls && Number(min) === delay.min && Number(max) === delay.max;
      return isRight && Math.abs(moments!.mean - delay.mean) <= 1e-9 * Math.abs(delay.mean)
        ? undefined
        : { rows: told.rows, nulls, min, max, moments };
    };
  };
}

void main();
