import { setTimeout as delay } from 'node:timers/promises';
import { userInfo } from 'node:os';
import { Option, type Command } from 'commander';
import { asMillraceError } from '../../client/failures.js';
import { connect, type MillraceClient } from '../../client/index.js';
import { createLineageClient } from '../../engine/lineage/index.js';
import { rangeOptions } from '../../schemas/backfill-range.js';
import { MillraceError } from '../../schemas/errors.js';
import { recalledVersion, type RecallProgress, type RecallRequest } from '../../schemas/recall.js';
import { taskQueue } from '../../schemas/task-queues.js';
import { recallWorkflowId } from '../../schemas/workflow-ids.js';
import { addTargetOptions, jsonOption, type JsonOption, type TargetOptions } from '../options.js';
import { printJson } from '../output.js';
import { requireLineageUrl, resolveTarget } from '../target.js';

interface RecallOptions extends TargetOptions, JsonOption {
  why?: string;
  by: string;
  rollBack: NonNullable<RecallRequest['rollBack']>;
  approve?: boolean;
  reject?: boolean;
  wait?: boolean;
}

const POLL_MS = 300;

/** `millrace recall`: takes a bad dataset version, and everything that came of it, out of use. */
export function recallCommand(program: Command): void {
  const command = program
    .command('recall')
    .description(
      'take a bad dataset version out of use, with all that came of it; without --why, show how its recall is',
    )
    .argument('<version>', 'a version, as in dataset:NAME/2001-03-01 or dataset:NAME/2001-03-01@VERSION')
    .option('--why <text>', 'what is wrong with it, or why you decide so; for the record')
    .option('--by <actor>', 'who, for the record', userInfo().username)
    .addOption(
      new Option(
        '--roll-back <when>',
        'endpoints that serve a model made from it go back: after approval, now or never',
      )
        .choices(['ask', 'now', 'never'])
        .default('ask'),
    )
    .option('--approve', 'decide on a recall that waits: roll back')
    .option('--reject', 'decide on a recall that waits: leave the endpoints as they are')
    .option('--wait', 'wait for the end');
  addTargetOptions(command)
    .addOption(jsonOption())
    .addHelpText(
      'after',
      "\nExamples:\n  millrace recall dataset:flights/2001-03-01 --why 'half of the rows twice'\n  millrace recall dataset:flights/2001-03-01 --approve --why 'v7 is fine'",
    )
    .action(recall);
}

async function recall(text: string, options: RecallOptions): Promise<void> {
  const target = await resolveTarget(options);
  const lineage = createLineageClient({ url: requireLineageUrl(target), timeoutMs: 60_000 });
  const { root } = await lineage.graph(text, { direction: 'downstream', depth: 1 });
  recalledVersion(text, root);
  const client = await connect(target.temporal);
  try {
    const { approve, reject, why, by } = options;
    if (approve === true || reject === true)
      await decide(client, root, approve === true ? 'approve' : 'reject', options);
    else if (why !== undefined) {
      await client.temporal.workflow.start('recall', {
        taskQueue: taskQueue('orchestration'),
        workflowId: recallWorkflowId(root),
        workflowIdConflictPolicy: 'USE_EXISTING',
        args: [{ version: root, reason: why, rollBack: options.rollBack, requestedBy: by }],
      });
    }
    const progress = await settled(client, root, options.wait === true || approve === true || reject === true);
    if (options.json) printJson(progress);
    else console.log(inWords(progress));
  } catch (error) {
    throw asMillraceError(error, client.address);
  } finally {
    await client.close();
  }
}

async function decide(
  client: MillraceClient,
  root: string,
  verb: 'approve' | 'reject',
  { why, by }: RecallOptions,
): Promise<void> {
  if (why === undefined) throw new MillraceError('INPUT_INVALID', `--${verb} needs --why`);
  const handle = client.temporal.workflow.getHandle(recallWorkflowId(root));
  await handle.executeUpdate(verb, { args: [{ by, reason: why }] });
}

/** Progress once there is something to say: it waits for a decision, or it has ended. */
async function settled(client: MillraceClient, root: string, toTheEnd: boolean): Promise<RecallProgress> {
  const handle = client.temporal.workflow.getHandle(recallWorkflowId(root));
  for (;;) {
    const { status } = await handle.describe().catch((error: unknown) => {
      throw new MillraceError('NOT_FOUND', `${root} was never recalled`, { cause: error });
    });
    // One that failed has its reason as its result.
    if (status.name !== 'RUNNING' && status.name !== 'COMPLETED') await handle.result();
    const progress = await handle.query<RecallProgress>('progress');
    if (progress.phase === 'ended' || (progress.phase === 'waiting' && !toTheEnd)) return progress;
    await delay(POLL_MS);
  }
}

function inWords({ version, phase, plan, decision, outcomes }: RecallProgress): string {
  const lines = [`${version}: ${phase === 'waiting' ? 'waits for --approve or --reject' : phase}`];
  if (plan === null) return lines.join('\n');
  lines.push(`tainted: ${plan.datasets} dataset versions, ${plan.models.length} models`);
  lines.push(
    ...plan.models.map(({ model, version: number, aliases }) => `  ${[`${model} v${number}`, ...aliases].join(', ')}`),
  );
  lines.push(`live: ${plan.endpoints.length === 0 ? 'none' : plan.endpoints.length}`);
  for (const { endpoint, arm, from, to } of plan.endpoints) {
    lines.push(`  ${endpoint}, ${arm}: v${from.version}, back to ${to === null ? 'nothing' : `v${to.version}`}`);
  }
  if (decision !== null)
    lines.push(`${decision.approved ? 'approved' : 'rejected'} by ${decision.by}: ${decision.reason}`);
  lines.push(...outcomes.map(({ endpoint, outcome, message }) => `  ${endpoint} ${outcome}: ${message}`));
  lines.push(
    'repair:',
    ...plan.repair.map(
      ({ pipeline, ...range }) => `  millrace backfill ${pipeline} ${rangeOptions(range)} --reprocess all`,
    ),
  );
  if (plan.unknown.length > 0) lines.push(`runs of pipelines that are gone: ${plan.unknown.join(', ')}`);
  return lines.join('\n');
}
