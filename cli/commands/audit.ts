import Table from 'cli-table3';
import type { Command } from 'commander';
import { createLineageClient } from '../../engine/lineage/index.js';
import type { AuditResponse, AuditVerification } from '../../schemas/lineage-audit.js';
import { addTargetOptions, jsonOption, parseCount, type JsonOption, type TargetOptions } from '../options.js';
import { EXIT, printJson } from '../output.js';
import { requireLineageUrl, resolveTarget } from '../target.js';

interface AuditOptions extends TargetOptions, JsonOption {
  actor?: string;
  action?: string;
  limit: number;
  after?: string;
}

/** `millrace audit`: who changed what, when and why; `audit verify`: whether that is still what was recorded. */
export function auditCommand(program: Command): void {
  const command = program
    .command('audit')
    .description('list changes of state by people and services, newest first')
    .enablePositionalOptions()
    .option('--actor <actor>', 'one actor')
    .option('--action <action>', 'one kind: start, force, publish, register, alias, traffic, promote, roll_back …')
    .option('--limit <count>', 'how many to list at once', parseCount, 50)
    .option('--after <cursor>', 'go on after the page whose `next` this is');
  addTargetOptions(command)
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  millrace audit --action alias')
    .action(async ({ actor, action, limit, after, json, ...target }: AuditOptions) => {
      const client = createLineageClient({ url: requireLineageUrl(await resolveTarget(target)) });
      const answer = await client.audit({ actor, action, limit, after });
      if (json) printJson(answer);
      else console.log(listed(answer));
    });
  const verify = command
    .command('verify')
    .description('go through all events: was any changed, removed or put in since it was recorded?');
  addTargetOptions(verify)
    .addOption(jsonOption())
    .addHelpText('after', '\nThe exit code is 1 when anything is not as it was recorded.')
    .action(async ({ json, ...target }: TargetOptions & JsonOption) => {
      const url = requireLineageUrl(await resolveTarget(target));
      const result = await createLineageClient({ url, timeoutMs: 3_600_000 }).verifyAudit();
      if (json) printJson(result);
      else console.log(inWords(result));
      process.exitCode = result.ok ? EXIT.done : EXIT.no;
    });
}

function listed({ entries, next }: AuditResponse): string {
  if (entries.length === 0) return 'nothing on record';
  const table = new Table({
    head: ['when', 'who', 'what', 'to what', 'why'],
    style: { head: [], border: [], compact: true },
  });
  table.push(...entries.map(({ at, actor, action, target, reason }) => [at, actor, action, target, reason]));
  return next === null ? table.toString() : `${table.toString()}\nthere are more: --after ${next}`;
}

function inWords(result: AuditVerification): string {
  const { ok, events, checkpoints, signedUpTo, fingerprint, problems, problemCount } = result;
  const more = problemCount - problems.length;
  return [
    ok ? `${events} events are as they were recorded` : `${problemCount} problems in ${events} events`,
    ...problems.map(({ message }) => `  ${message}`),
    ...(more > 0 ? [`  and ${more} more`] : []),
    `${checkpoints} checkpoints, the last of event ${signedUpTo}; key ${fingerprint}`,
  ].join('\n');
}
