import { resolveTarget } from '../target.js';
import { failedWith, type Check, type CheckContext, type CheckResult } from './check.js';
import { checkConfig, checkDisk, checkNode, checkPython, checkTemporalBinary } from './machine-checks.js';
import { checkLineage, checkModelServer, checkTemporal } from './service-checks.js';

export type { CheckResult } from './check.js';

const CHECKS: readonly (readonly [string, Check])[] = [
  ['node', checkNode],
  ['python', checkPython],
  ['configuration', checkConfig],
  ['disk space', checkDisk],
  ['temporal binary', checkTemporalBinary],
  ['temporal', checkTemporal],
  ['lineage owner', checkLineage],
  ['model server', checkModelServer],
];

/** Looks at one thing after the other and gives each result as it comes. */
export async function* runChecks(
  options: CheckContext['options'],
  onProgress: (message: string) => void,
): AsyncGenerator<CheckResult> {
  const target = await resolveTarget(options);
  for (const [name, check] of CHECKS) {
    // In a log only what takes long is worth a line.
    if (process.stderr.isTTY) onProgress(`looking at ${name}`);
    try {
      yield* await check({ options, target, env: process.env, onProgress });
    } catch (error) {
      yield failedWith(name, error);
    }
  }
}
