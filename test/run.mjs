/**
 * `npm test`: format, lint, types, then all tests. The last line has jest's own counts.
 * Tests that share the machine's cores run side by side; those that start servers and processes run one after the other.
 * Each part ends: one that takes too long, or whose process stays although its tests are done, is ended and has failed.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clearInterval, setInterval } from 'node:timers';

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
/** Longest time of one part, several times what it takes. */
const LIMIT_SECONDS = 20 * 60;
/** Longest time that a process may stay after its tests have ended. */
const LEAVE_SECONDS = 30;

const folder = mkdtempSync(join(tmpdir(), 'millrace-tests-'));
const counts = { passed: 0, failed: 0, skipped: 0 };
let ok = await run('build', 'npm', ['run', '--silent', 'build']);
for (const [name, args] of CHECKS) ok = (await run(name, 'npx', ['--no-install', ...args])) && ok;
for (const [index, [name, args]] of SUITES.entries()) {
  const file = join(folder, `${index}.json`);
  ok = (await run(name, 'npx', ['--no-install', 'jest', ...args, '--json', `--outputFile=${file}`], file)) && ok;
  count(file);
}
rmSync(folder, { recursive: true, force: true });
const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : '';
process.exitCode = ok && counts.failed === 0 && counts.passed > 0 ? 0 : 1;
console.log(`${counts.passed} passed, ${counts.failed} failed${skipped}`);

async function run(name, command, args, resultFile) {
  const started = Date.now();
  console.log(`== ${name}`);
  // jest reports on standard error; what it writes as JSON to standard output is in the file as well.
  const stdio = ['ignore', resultFile === undefined ? 'inherit' : 'ignore', 'inherit'];
  // A group of its own, so that what it started ends with it.
  const child = spawn(command, args, { stdio, detached: true });
  let done;
  let late;
  const watch = setInterval(() => {
    const now = Date.now();
    if (resultFile !== undefined && existsSync(resultFile)) done ??= now;
    if (now - started > LIMIT_SECONDS * 1000) late = `not done after ${LIMIT_SECONDS / 60} minutes`;
    else if (now - done > LEAVE_SECONDS * 1000)
      late = `still there ${LEAVE_SECONDS} s after its tests: something is left open`;
    if (late !== undefined) endGroup(child.pid);
  }, 1000);
  // Ctrl-C reaches this process alone, since the group is another.
  const onSignal = () => {
    endGroup(child.pid);
    process.exit(130);
  };
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  const status = await new Promise((resolve) => child.once('close', resolve).once('error', resolve));
  clearInterval(watch);
  process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  const failed = late ?? (status === 0 ? undefined : 'FAILED');
  console.log(`== ${name}: ${failed ?? 'ok'}, ${((Date.now() - started) / 1000).toFixed(1)} s`);
  return failed === undefined;
}

function endGroup(pid) {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
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
