import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type * as CheckFiles from '../../engine/quality/check-files.js';
import type * as ScanPool from '../../engine/quality/scan-pool.js';
import { packageRoot } from '../../engine/threads.js';
import { suiteSchema } from '../../schemas/check.js';

/**
 * Checks a file several times in this process, with threads that are kept, and prints `{version, ms}`:
 * FILE SUITE VERDICT RUNS [--threads N] [--full-scan].
 */
async function main(): Promise<void> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { threads: { type: 'string' }, 'full-scan': { type: 'boolean' } },
  });
  const [file, suiteFile, verdict, runs] = positionals as [string, string, string, string];
  // As it is installed: compiled.
  const engine = join(packageRoot(__filename), 'dist', 'engine', 'quality');
  const { checkFiles } = (await import(join(engine, 'check-files.js'))) as typeof CheckFiles;
  const { createScanPool } = (await import(join(engine, 'scan-pool.js'))) as typeof ScanPool;
  const suite = suiteSchema.parse(JSON.parse(readFileSync(suiteFile, 'utf8')));
  const threads = values.threads === undefined ? undefined : Number(values.threads);
  const pool = createScanPool();
  const ms: number[] = [];
  for (let run = 0; run < Number(runs); run++) {
    const started = performance.now();
    const report = await checkFiles({ files: [file], suite, threads, pool, fullScan: values['full-scan'] });
    ms.push(performance.now() - started);
    const wrong = report.checks.filter(({ status }) => status !== verdict);
    if (wrong.length > 0) throw new Error(`these should ${verdict}: ${JSON.stringify(wrong)}`);
  }
  await pool.close();
  const manifest = readFileSync(join(packageRoot(__filename), 'package.json'), 'utf8');
  console.log(JSON.stringify({ version: (JSON.parse(manifest) as { version: string }).version, ms }));
}

void main();
