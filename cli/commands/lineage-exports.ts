import type { Command } from 'commander';
import { createLineageClient, type LineageClient } from '../../engine/lineage/index.js';
import type { DeadLetters, ExportStatus, Resent } from '../../schemas/lineage-export.js';
import { addTargetOptions, jsonOption, parseCount, type JsonOption, type TargetOptions } from '../options.js';
import { EXIT } from '../exit-codes.js';
import { printJson } from '../output.js';
import { plainTable } from '../plain-table.js';
import { requireLineageUrl, resolveTarget } from '../target.js';

type Options = TargetOptions & JsonOption;

/** Events that one request sends again; each may take as long as the receiver is given to answer. */
const AT_ONCE = 20;

/** `millrace lineage exports`: how far the receivers of OpenLineage events are, and what they refused. */
export function lineageExportsCommand(lineage: Command): void {
  const command = lineage
    .command('exports')
    .description('show how far the receivers of OpenLineage events are')
    .enablePositionalOptions();
  common(command).action(async ({ json, ...target }: Options) => {
    const exports = await (await clientOf(target)).exports();
    if (json) printJson(exports);
    else
      console.log(
        exports.length === 0 ? 'no receivers; lineage.export of the configuration names them' : inWords(exports),
      );
  });

  const refused = command
    .command('refused <receiver>')
    .description('list the events that a receiver refused, oldest first')
    .option('--limit <count>', 'greatest number of events', parseCount, 100)
    .option('--after <cursor>', 'go on after the page whose `next` this is');
  common(refused).action(
    async (receiver: string, { json, limit, after, ...target }: Options & { limit: number; after?: string }) => {
      const page = await (
        await clientOf(target)
      ).deadLetters(receiver, { limit, ...(after !== undefined && { after }) });
      if (json) printJson(page);
      else console.log(listed(page));
    },
  );

  const resend = command
    .command('resend <receiver>')
    .description('send a receiver what it refused once more, when it has been mended');
  common(resend)
    .addHelpText('after', '\nThe exit code is 1 when an event was refused again or is left.')
    .action(async (receiver: string, { json, ...target }: Options) => {
      const resent = await resendAll(await clientOf(target, 600_000), receiver);
      const { accepted, left, stopped } = resent;
      const end = left === 0 ? '' : `, ${left} left: ${stopped ?? 'unknown'}`;
      if (json) printJson(resent);
      else console.log(`${accepted} events accepted, ${resent.refused} refused again${end}`);
      process.exitCode = resent.refused + left > 0 ? EXIT.no : EXIT.done;
    });
}

function common(command: Command): Command {
  return addTargetOptions(command).addOption(jsonOption());
}

async function clientOf(target: TargetOptions, timeoutMs?: number): Promise<LineageClient> {
  return createLineageClient({ url: requireLineageUrl(await resolveTarget(target)), ...(timeoutMs && { timeoutMs }) });
}

/** What is refused again is put aside behind the rest, and is not sent a third time. */
async function resendAll(client: LineageClient, receiver: string): Promise<Resent> {
  const { total } = await client.deadLetters(receiver, { limit: 1 });
  const sum: Resent = { accepted: 0, refused: 0, left: total, stopped: null };
  while (sum.left > 0 && sum.stopped === null) {
    const { accepted, refused, stopped } = await client.resend(receiver, { limit: Math.min(AT_ONCE, sum.left) });
    if (accepted + refused === 0 && stopped === null) break;
    sum.accepted += accepted;
    sum.refused += refused;
    sum.left -= accepted + refused;
    sum.stopped = stopped;
  }
  return sum;
}

function listed({ letters, next, total }: DeadLetters): string {
  if (total === 0) return 'nothing was refused';
  const table = plainTable(
    ['put aside', 'event', 'job', 'run', 'status', 'answer'],
    letters.map(({ at, eventType, job, runId, status, answer }) => [at, eventType ?? '', job, runId, status, answer]),
  );
  return `${table}\n${total} events were refused${next === null ? '' : `; there are more: --after ${next}`}`;
}

function inWords(exports: readonly ExportStatus[]): string {
  return plainTable(
    ['receiver', 'state', 'behind', 'refused', 'address', 'last error'],
    exports.map(({ name, state, behind, refused, url, lastError }) => [
      ...[name, state.replaceAll('_', ' '), behind, refused, url, lastError?.message ?? ''],
    ]),
  );
}
