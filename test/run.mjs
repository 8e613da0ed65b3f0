/**
 * `npm test`: format, lint with the import arrows, types, then all tests. The last line has jest's own counts.
 * Tests that share the machine's cores run side by side; those that start servers and processes run one after the other.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const CHECKS = [
  ['format', ['prettier', '--check', '--log-level', 'warn', '.']],
  ['lint', ['eslint', '--max-warnings', '0', '.']],
  ['types', ['tsc', '-p', 'tsconfig.json', '--noEmit']],
];
const SUITES = [
  ['unit', ['test/unit', '--maxWorkers=2']],
  ['workflow, replay', ['test/workflow', 'test/replay', '--runInBand']],
  ['e2e', ['test/e2e', '--runInBand']],
];

const folder = mkdtempSync(join(tmpdir(), 'millrace-tests-'));
const counts = { passed: 0, failed: 0, skipped: 0 };
let ok = run('build', 'npm', ['run', '--silent', 'build']);
for (const [name, args] of CHECKS) ok = run(name, 'npx', ['--no-install', ...args]) && ok;
for (const [index, [name, args]] of SUITES.entries()) {
  const file = join(folder, `${index}.json`);
  ok = run(name, 'npx', ['--no-install', 'jest', ...args, '--json', `--outputFile=${file}`]) && ok;
  count(file);
}
rmSync(folder, { recursive: true, force: true });
const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : '';
process.exitCode = ok && counts.failed === 0 && counts.passed > 0 ? 0 : 1;
console.log(`${counts.passed} passed, ${counts.failed} failed${skipped}`);

function run(name, command, args) {
  const started = Date.now();
  console.log(`== ${name}`);
  // jest reports on standard error; what it writes as JSON to standard output is in the file as well.
  const quiet = args.includes('--json');
  const { status } = spawnSync(command, args, { stdio: ['ignore', quiet ? 'ignore' : 'inherit', 'inherit'] });
  console.log(`== ${name}: ${status === 0 ? 'ok' : 'FAILED'}, ${((Date.now() - started) / 1000).toFixed(1)} s`);
  return status === 0;
}

function count(file) {
  try {
    const result = JSON.parse(readFileSync(file, 'utf8'));
    counts.passed += result.numPassedTests;
    // A file that could not even be loaded has no tests to count, and is a failure all the same.
    counts.failed += result.numFailedTests + result.numRuntimeErrorTestSuites;
    counts.skipped += result.numPendingTests + result.numTodoTests;
  } catch {
    counts.failed += 1;
  }
}
