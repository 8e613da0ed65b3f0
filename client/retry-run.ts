import type { WorkflowHandle } from '@temporalio/client';
import { MillraceError } from '../schemas/errors.js';
import { parseWith } from '../schemas/parse.js';
import { retryRequestSchema, runProgressSchema, type RetryRequest, type RunRequest } from '../schemas/run.js';
import { awaitBeginning } from './await-beginning.js';
import type { RunHandle } from './run-handle.js';

/** What the retry of a run needs of the client. @internal */
export interface RetryParts {
  /** The newest execution of the run. */
  find: (run: { pipeline: string; partition: string }) => Promise<{ handle: WorkflowHandle; run: RunHandle }>;
  start: (request: RunRequest) => Promise<RunHandle>;
}

/** Lets a parked step try again, or starts a run that goes on where the last one ended. @internal */
export async function retryRun(request: RetryRequest, { find, start }: RetryParts): Promise<RunHandle> {
  const { pipeline, partition, from, by, reason, cache } = parseWith(retryRequestSchema, request, 'retry');
  const { handle, run } = await find({ pipeline, partition });
  const { status } = await handle.describe();
  // Which run goes on is for the record to say: the last execution may have ended before it was on it.
  if (status.name !== 'RUNNING') {
    const again = await start({ pipeline, partition, retry: { from }, cache, requestedBy: by });
    // Whether anything is left to be done is for a worker to say.
    await awaitBeginning(again);
    return again;
  }
  const { steps } = runProgressSchema.parse(await handle.query('progress'));
  const waiting = steps.filter((state) => state.status === 'waiting').map((state) => state.step);
  const step = from ?? waiting[0];
  if (waiting.length === 0 || (from !== undefined && !waiting.includes(from))) {
    const which = waiting.length === 0 ? 'no step of it waits' : `what waits is ${waiting.join(', ')}`;
    throw new MillraceError('INPUT_INVALID', `${run.workflowId} is under way, and ${which}; cancel it first`, {
      problems: [{ path: 'from', message: which }],
    });
  }
  await run.decide('retryStep', { by, reason, step });
  return run;
}
