import {
  CancellationScope,
  condition,
  getExternalWorkflowHandle,
  log,
  proxyActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { createLineActivities } from '../activities/index.js';
import { lineWorkflowId, type LineRules, type LineTurn } from '../schemas/index.js';
import { LOOK_AGAIN } from './activity-options.js';
import { summarizeFailure } from './failures.js';
import { leaveSignal, turnSignal } from './line.js';

const { joinLine } = proxyActivities<ReturnType<typeof createLineActivities>>(LOOK_AGAIN('1 second', 'its line'));

/** A line that was terminated has forgotten who waits, so they ask again. */
const ASK_AGAIN_MS = 300_000;

/**
 * Does the work of a firing when it is its turn. Waiting holds no worker.
 * @returns what the work gave, or the time of the newer firing that took its place
 */
export async function withTurn<T>(
  { pipeline, nominalTime, rules }: { pipeline: string; nominalTime: string; rules: LineRules },
  work: () => Promise<T>,
): Promise<{ done: T } | { supersededBy: string }> {
  const { workflowId, runId } = workflowInfo();
  const ticket = `${workflowId}/${runId}`;
  const told: LineTurn[] = [];
  setHandler(turnSignal, (turn) => void told.push(turn), { description: 'Tells that it is its turn, by the line.' });
  let failed: string | null = null;
  try {
    do {
      await joinLine({ pipeline, join: { ticket, workflowId, runId, nominalTime, rules } });
    } while (!(await condition(() => told.length > 0, ASK_AGAIN_MS)));
    const by = told[0]?.supersededBy ?? null;
    return by === null ? { done: await work() } : { supersededBy: by };
  } catch (error) {
    failed = summarizeFailure(error).message.slice(0, 400);
    throw error;
  } finally {
    const leave = { ticket, failed };
    await CancellationScope.nonCancellable(() => leaveLine(pipeline, leave));
  }
}

async function leaveLine(pipeline: string, leave: { ticket: string; failed: string | null }): Promise<void> {
  try {
    await getExternalWorkflowHandle(lineWorkflowId(pipeline)).signal(leaveSignal, leave);
  } catch (error) {
    log.warn(`the line of ${pipeline} is not there to be left: ${summarizeFailure(error).message}`);
  }
}
