import { currentUpdateInfo, defineQuery, defineUpdate, setHandler, workflowInfo } from '@temporalio/workflow';
import type { z } from 'zod';
import { backfillUpdateSchemas, type BackfillProgress, type BackfillUpdate } from '../schemas/index.js';
import { commitRecords } from './commit-records.js';
import { parseInput } from './failures.js';
import { now } from './now.js';

type Schemas = typeof backfillUpdateSchemas;

/** What each update does; its input is parsed already. */
export type BackfillHandlers = {
  [U in BackfillUpdate]: (request: z.output<Schemas[U]>) => BackfillProgress | Promise<BackfillProgress>;
};

/** How far a backfill is. */
export const backfillProgressQuery = defineQuery<BackfillProgress>('progress');

const DESCRIPTIONS: Record<BackfillUpdate, string> = {
  pause: 'Starts no more runs; those under way go on.',
  resume: 'Goes on after a pause.',
  setMaxActive: 'Changes how many runs are under way at once.',
  setPriority: 'Changes the priority of runs that are started from now on, 1 first, 5 last.',
  retryFailed: 'Runs again what failed.',
  cancelPartition: 'Leaves a partition out, or cancels its run.',
  cancel: 'Ends the backfill; runs under way finish, or stop if {"running": "stop"} is given.',
};

/** What the audit calls them. */
const ACTIONS: Record<BackfillUpdate, string> = {
  pause: 'pause',
  resume: 'resume',
  setMaxActive: 'set_max_active',
  setPriority: 'set_priority',
  retryFailed: 'retry_failed',
  cancelPartition: 'cancel_partition',
  cancel: 'cancel',
};

/** Sets the handlers of all messages. Bad input of an update is refused before anything is on record. */
export function setBackfillHandlers(progress: () => BackfillProgress, handlers: BackfillHandlers): void {
  setHandler(backfillProgressQuery, progress, { description: 'Counts, rate, expected end and the last failures.' });
  for (const name of Object.keys(backfillUpdateSchemas) as BackfillUpdate[]) listen(name, handlers);
}

function listen<U extends BackfillUpdate>(name: U, handlers: BackfillHandlers): void {
  // An empty box in the Temporal UI is no input at all.
  const parse = (request: unknown) =>
    parseInput(backfillUpdateSchemas[name], request ?? {}, `input of ${name}`) as z.output<Schemas[U]>;
  const handle = async (request: unknown) => {
    const parsed = parse(request);
    const progress = await handlers[name](parsed);
    await recordUpdate(name, parsed);
    return progress;
  };
  const fields = Object.keys(backfillUpdateSchemas[name].shape).map((field) => `"${field}"`);
  setHandler(defineUpdate<BackfillProgress, [unknown]>(name), handle, {
    description: `${DESCRIPTIONS[name]} Takes {${fields.join(', ')}}.`,
    validator: (request) => void parse(request),
  });
}

/** Who changed what is answered once it is on the audit record. */
async function recordUpdate(
  name: BackfillUpdate,
  { by, reason, ...what }: { by: string; reason?: string | undefined },
): Promise<void> {
  const { runId, workflowId } = workflowInfo();
  const details = Object.entries(what).map(([field, value]) => `${field} ${String(value)}`);
  await commitRecords([
    {
      kind: 'action_taken',
      key: `${runId}/update/${currentUpdateInfo()?.id ?? name}`,
      at: now(),
      actor: by,
      action: ACTIONS[name],
      target: workflowId.slice(0, 400),
      reason: [...details, ...(reason === undefined ? [] : [reason])].join('; '),
    },
  ]);
}
