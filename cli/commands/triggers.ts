import Table from 'cli-table3';
import type { Command } from 'commander';
import { connect, isMillraceError } from '../../client/index.js';
import { createLineageClient } from '../../engine/lineage/index.js';
import type { InboxStatus, TriggerLedger } from '../../schemas/trigger.js';
import { addTargetOptions, jsonOption, parseCount, type JsonOption, type TargetOptions } from '../options.js';
import { printJson } from '../output.js';
import { refuseUnknownPipeline } from '../known-pipelines.js';
import { requireLineageUrl, resolveTarget, type Target } from '../target.js';

interface TriggersOptions extends TargetOptions, JsonOption {
  limit: number;
}

/** `millrace triggers`: what became of the events of a pipeline’s triggers. */
export function triggersCommand(program: Command): void {
  const command = program
    .command('triggers <pipeline>')
    .description('show what became of each event of a pipeline’s triggers: started, merged or ignored, and what waits')
    .option('--limit <count>', 'greatest number of events that ended', parseCount, 20);
  addTargetOptions(command)
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  millrace triggers flight-delays')
    .action(async (pipeline: string, { json, limit, ...options }: TriggersOptions) => {
      const target = await resolveTarget(options);
      const lineage = createLineageClient({ url: requireLineageUrl(target) });
      const ledger = await lineage.triggers.ledger(pipeline, { limit });
      const { waiting, watching, problem } = await inboxOf(target, pipeline);
      // Of a pipeline that was removed there are events, or an inbox.
      const nothing = ledger.entries.length === 0 && waiting?.length === 0;
      if (nothing && watching === false) await refuseUnknownPipeline(target, pipeline);
      if (json) printJson({ pipeline, watching, problem, waiting, ...ledger });
      else console.log([inWords(ledger, waiting), ...(problem === null ? [] : [`problem: ${problem}`])].join('\n'));
    });
}

/** What the inbox says of itself; where it does not answer, that is the problem, and the ledger is worth showing all the same. */
async function inboxOf(
  target: Target,
  pipeline: string,
): Promise<{ watching: boolean | null; waiting: InboxStatus['waiting'] | null; problem: string | null }> {
  try {
    const client = await connect(target.temporal);
    return await client.triggers.waiting(pipeline).finally(() => client.close());
  } catch (error) {
    if (!isMillraceError(error)) throw error;
    return { watching: null, waiting: null, problem: `${error.code}: ${error.message}` };
  }
}

function inWords({ counts, entries }: TriggerLedger, waiting: InboxStatus['waiting'] | null): string {
  const head = Object.entries(counts)
    .map(([outcome, count]) => `${count} ${outcome}`)
    .join(', ');
  const table = new Table({
    head: ['received', 'trigger', 'event', 'outcome', 'runs or reason'],
    style: { head: [], border: [], compact: true },
    colWidths: [null, null, 50, null, 60],
    wordWrap: true,
  });
  table.push(
    ...(waiting ?? []).map((event) => [
      event.receivedAt,
      event.trigger,
      event.subject,
      'waiting',
      `for ${event.waitsFor}`,
    ]),
    ...entries.map(({ receivedAt, trigger, subject, id, outcome, runs, reason }) => [
      receivedAt,
      trigger,
      subject || id,
      outcome,
      [...runs.map(({ workflowId }) => workflowId), reason].filter((text) => text !== '').join('; '),
    ]),
  );
  const total = `${head}, ${waiting?.length ?? 'unknown how many'} waiting`;
  return table.length === 0 ? total : `${table.toString()}\n${total}`;
}
