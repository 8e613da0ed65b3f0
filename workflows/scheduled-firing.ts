import { isCancellation, setCurrentDetails } from '@temporalio/workflow';
import type { createScheduleActivities } from '../activities/index.js';
import { firingInputSchema, GREATEST_WINDOW, runWorkflowId, type FiringResult } from '../schemas/index.js';
import { QUICK } from './activity-options.js';
import { asFailure, parseInput } from './failures.js';
import { joinRun } from './join-run.js';
import { proxyLocal } from './local-activities.js';
import { nominalTime } from './nominal-time.js';
import { linkTo } from './markdown.js';
import { withTurn } from './with-turn.js';

const local = proxyLocal<ReturnType<typeof createScheduleActivities>>(QUICK);

/**
 * One firing of a schedule: starts or joins the run of each partition that its nominal time closes, and waits for them.
 * Temporal appends the time to the id of what a schedule starts; this is why a schedule starts firings, and not runs.
 * Takes `firingInputSchema`, gives `firingResultSchema`. Fails as the first run that failed, so that the schedule can pause.
 */
export async function scheduledFiring(input: unknown): Promise<FiringResult> {
  const request = parseInput(firingInputSchema, input, 'input of scheduledFiring');
  const { pipeline, params, requestedBy, line: rules } = request;
  const logicalTime = nominalTime();
  try {
    const partitions = await local.closedPartitions({ request, nominalTime: logicalTime });
    show(pipeline, logicalTime, partitions);
    if (rules === undefined) return await runAll(partitions);
    const about = { pipeline, nominalTime: logicalTime, rules };
    const turn = await withTurn(about, () => runAll(partitions));
    if ('done' in turn) return turn.done;
    setCurrentDetails(`**${pipeline}** at **${logicalTime}** gave way to the firing of **${turn.supersededBy}**`);
    return { pipeline, nominalTime: logicalTime, runs: [], supersededBy: turn.supersededBy };
  } catch (error) {
    throw isCancellation(error) ? error : asFailure(error);
  }

  async function runAll(partitions: readonly string[]): Promise<FiringResult> {
    const ended = await settleAll(partitions, (partition) =>
      joinRun(runWorkflowId(pipeline, partition), { pipeline, partition, logicalTime, params, requestedBy }),
    );
    const runs: FiringResult['runs'] = [];
    for (const end of ended) {
      if (end.status === 'rejected') throw end.reason;
      const { partition, workflowId, verdict, reason } = end.value;
      runs.push({ partition, workflowId, verdict, reason });
    }
    return { pipeline, nominalTime: logicalTime, runs, supersededBy: null };
  }
}

/** As `Promise.allSettled`, with only as many at once as Temporal is comfortable with. */
async function settleAll<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<PromiseSettledResult<R>[]> {
  const ended: PromiseSettledResult<R>[] = [];
  const queue = [...items.entries()];
  const worker = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const [index, item] = next;
      const [end] = await Promise.allSettled([work(item)]);
      ended[index] = end;
    }
  };
  await Promise.all(Array.from({ length: Math.min(GREATEST_WINDOW, items.length) }, worker));
  return ended;
}

function show(pipeline: string, time: string, partitions: readonly string[]): void {
  const links = partitions.slice(0, 50).map((key) => `- ${linkTo(key, runWorkflowId(pipeline, key))}`);
  const none = partitions.length === 0 ? ['its partitions begin later or have ended, so there is nothing to run'] : [];
  setCurrentDetails([`**${pipeline}** at **${time}**`, '', ...none, ...links].join('\n'));
}
