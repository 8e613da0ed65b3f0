import type { Command } from 'commander';
import { runChecks, type CheckResult } from '../doctor/checks.js';
import { addTargetOptions, configOption, jsonOption, type JsonOption, type TargetOptions } from '../options.js';
import { EXIT } from '../exit-codes.js';
import { printJson } from '../output.js';
import { createProgressLine } from '../progress-line.js';

export interface DoctorOptions extends TargetOptions, JsonOption {
  config?: string;
  fix?: boolean;
}

const SIGNS: Record<CheckResult['status'], string> = { ok: 'ok  ', warning: 'warn', failed: 'FAIL', fixed: 'mended' };

/** `millrace doctor`: exit code 0 if nothing failed, 1 otherwise. */
export function doctorCommand(program: Command): void {
  const command = program
    .command('doctor')
    .description('say what is installed, reachable or missing, and the command that mends it')
    .addOption(configOption())
    .option('--fix', 'mend what can be mended: register search attributes, fetch the Temporal binary');
  addTargetOptions(command)
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  millrace doctor --fix')
    .action(async (options: DoctorOptions) => {
      process.exitCode = await doctor(options);
    });
}

async function doctor(options: DoctorOptions): Promise<number> {
  const progress = createProgressLine();
  const results: CheckResult[] = [];
  for await (const result of runChecks(options, (message) => progress.working(message))) results.push(result);
  progress.end();
  const healthy = results.every((result) => result.status !== 'failed');
  if (options.json) printJson({ healthy, checks: results });
  else {
    console.log(results.map(inWords).join('\n'));
    console.log(healthy ? 'nothing that is needed is missing' : 'something is missing: see above');
  }
  return healthy ? EXIT.done : EXIT.no;
}

function inWords({ name, status, message, remedy }: CheckResult): string {
  return `${SIGNS[status]} ${name}: ${message}${remedy === null ? '' : `\n       ${remedy}`}`;
}
