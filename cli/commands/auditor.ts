import { userInfo } from 'node:os';
import { InvalidArgumentError, type Command } from 'commander';
import { asMillraceError } from '../../client/failures.js';
import { connect } from '../../client/index.js';
import { AUDITOR_WORKFLOW_ID, type AuditorRequest, type AuditorResult } from '../../schemas/auditor.js';
import { taskQueue } from '../../schemas/task-queues.js';
import { addTargetOptions, jsonOption, type JsonOption, type TargetOptions } from '../options.js';
import { EXIT } from '../exit-codes.js';
import { printJson } from '../output.js';
import { plainTable } from '../plain-table.js';
import { resolveTarget } from '../target.js';

interface AuditorOptions extends TargetOptions, JsonOption {
  dryRun?: boolean;
  since?: string;
  grace?: number;
  lostAfter?: number;
}

/** `millrace auditor`: compares what Temporal ran with what is on record, and repairs the record. */
export function auditorCommand(program: Command): void {
  const command = program
    .command('auditor')
    .description('compare what Temporal ran with what is on record, and repair the record')
    .option('--dry-run', 'only say what is missing; the exit code is 1 if anything is')
    .option('--since <time>', 'leave out executions that ended before, as in 2026-11-01', parseTime)
    .option(
      '--grace <seconds>',
      'how long an execution may be under way and not on record; 300 by default',
      parseSeconds,
    )
    .option(
      '--lost-after <seconds>',
      'how long nothing must have been recorded of a run that Temporal does not know any more; 3600 by default',
      parseSeconds,
    );
  addTargetOptions(command)
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nWorkers start it each hour by a schedule. The exit code is 1 where a person has to look.\n\nExample:\n  millrace auditor --dry-run',
    )
    .action(audit);
}

async function audit({ dryRun, since, grace, lostAfter, json, ...options }: AuditorOptions): Promise<void> {
  const client = await connect((await resolveTarget(options)).temporal);
  try {
    const request: AuditorRequest = {
      ...{ dryRun: dryRun ?? false, since, graceSeconds: grace, lostAfterSeconds: lostAfter },
      requestedBy: userInfo().username,
    };
    const result = (await client.temporal.workflow.execute('auditor', {
      workflowIdConflictPolicy: 'USE_EXISTING',
      ...{ workflowId: AUDITOR_WORKFLOW_ID, taskQueue: taskQueue('orchestration'), args: [request] },
    })) as AuditorResult;
    if (json) printJson(result);
    else console.log(inWords(result));
    const left = result.found - result.repaired;
    process.exitCode = left > 0 ? EXIT.no : EXIT.done;
  } catch (error) {
    throw asMillraceError(error, client.address);
  } finally {
    await client.close();
  }
}

function inWords({ gaps, found, message }: AuditorResult): string {
  if (found === 0) return message;
  const table = plainTable(
    ['gap', 'what', 'state', 'particulars'],
    gaps.map(({ kind, subject, state, message: particulars }) => [kind, subject, state, particulars]),
  );
  const more = found > gaps.length ? `\nand ${found - gaps.length} more` : '';
  return `${table}${more}\n${message}`;
}

function parseTime(text: string): string {
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw new InvalidArgumentError('must be a date or time, as in 2026-11-01');
  return new Date(time).toISOString();
}

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (!Number.isInteger(seconds) || seconds < 0) throw new InvalidArgumentError('must be a whole number of seconds');
  return seconds;
}
