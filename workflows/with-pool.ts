import {
  CancellationScope,
  condition,
  getExternalWorkflowHandle,
  log,
  patched,
  proxyActivities,
  workflowInfo,
} from '@temporalio/workflow';
import type { createPoolActivities } from '../activities/index.js';
import { poolTicket, poolWait, poolWorkflowId, type PooledStep } from '../schemas/index.js';
import { LOOK_AGAIN } from './activity-options.js';
import { summarizeFailure } from './failures.js';
import { giveBackSignal } from './pool.js';
import { setStepState, type Run } from './run.js';

const { askPool } = proxyActivities<ReturnType<typeof createPoolActivities>>({
  ...LOOK_AGAIN('1 second', 'a place in the pool'),
});

/** A pool that was terminated has forgotten who waits, so they ask again. */
const ASK_AGAIN_MS = 300_000;

/** Does the work of a step while it has a place in its pool; a step without one does it at once. Waiting holds no worker. */
export function withPool<T>(run: Run, name: string, { pool }: PooledStep, work: () => Promise<T>): Promise<T> {
  return pool === undefined ? work() : withPlace(run, name, pool, work);
}

async function withPlace<T>(run: Run, name: string, pool: string, work: () => Promise<T>): Promise<T> {
  run.poolAsks += 1;
  // An execution that was reset replays the answers that the one before it got.
  const ticket = poolTicket(workflowInfo().firstExecutionRunId, name, run.poolAsks);
  const state = run.steps.get(name);
  // A reset gives the new execution the signals of the old one too: what it was told before it asked does not hold.
  if (run.poolPlaces.has(ticket) && patched('places-are-asked-for')) run.poolPlaces.delete(ticket);
  try {
    do {
      const { workflowId, runId, pipeline } = run;
      await askPool({ pool, place: { ticket, workflowId, runId, pipeline, step: name } });
      if (state && !run.poolPlaces.has(ticket)) setStepState(run, { ...state, summary: poolWait(pool) });
    } while (!(await condition(() => run.poolPlaces.has(ticket), ASK_AGAIN_MS)));
    if (state) setStepState(run, state);
    return await work();
  } finally {
    run.poolPlaces.delete(ticket);
    await CancellationScope.nonCancellable(() => giveBack(pool, ticket));
  }
}

async function giveBack(pool: string, ticket: string): Promise<void> {
  try {
    await getExternalWorkflowHandle(poolWorkflowId(pool)).signal(giveBackSignal, { ticket });
  } catch (error) {
    log.warn(`the pool ${pool} is not there to take a place back: ${summarizeFailure(error).message}`);
  }
}
