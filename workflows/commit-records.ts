import { isCancellation, log, proxyActivities } from '@temporalio/workflow';
import type { createLineageActivities } from '../activities/index.js';
import type { LineageRecord, RecordResult } from '../schemas/index.js';
import { DURABLE_COMMIT, QUICK_COMMIT } from './activity-options.js';
import { summarizeFailure } from './failures.js';
import { isRefusal, proxyOwner } from './local-activities.js';

type LineageActivities = ReturnType<typeof createLineageActivities>;

const local = proxyOwner<LineageActivities>(QUICK_COMMIT);
const durable = proxyActivities<LineageActivities>(DURABLE_COMMIT);

/** What says what a run did. The others change what is in force: to commit them again would undo what came since. */
const FACTS: ReadonlySet<string> = new Set<LineageRecord['kind']>([
  'run_started',
  'step_finished',
  'dataset_version',
  'quality_result',
  'model_trained',
  'model_evaluated',
]);

/** Of an execution that was reset: what is on record under the id of the one that it was reset from. */
interface Carried {
  start: LineageRecord;
  records: LineageRecord[];
}

/** Of this execution: each has modules of its own. */
let carried: Carried | null = null;

/**
 * Has an execution that was reset put on record under its own id too what was committed before: its start with each
 * commit, so that it is known from the first one on, and the rest with its end, by `carriedRecords`.
 */
export function carryRecords(start: LineageRecord): void {
  carried = { start, records: [] };
}

/** What was committed so far, from the start on; nothing where the execution was not reset. */
export function carriedRecords(): LineageRecord[] {
  return [...(carried?.records ?? [])];
}

/**
 * Commits facts to lineage: at once where the owner answers, else by its queue, however long that takes. Records are
 * idempotent by key, so an attempt of either way that got through after all does no harm.
 * @returns one result a record, in order
 */
export async function commitRecords(records: LineageRecord[]): Promise<RecordResult[]> {
  if (carried === null) return commit(records);
  const { start } = carried;
  const results = await commit(records.includes(start) ? records : [start, ...records]);
  carried.records.push(...records.filter(({ kind }) => FACTS.has(kind)));
  // What was committed before the reset has a result less.
  return results.slice(results.length - records.length);
}

async function commit(records: LineageRecord[]): Promise<RecordResult[]> {
  try {
    return await local.commitRecords({ records });
  } catch (error) {
    if (isCancellation(error) || isRefusal(error)) throw error;
    log.warn(`the lineage owner does not answer, its queue takes over: ${summarizeFailure(error).message}`);
    return durable.commitRecords({ records });
  }
}

/**
 * Commits how something ended. A workflow task that the server turned down because a cancellation came in meanwhile runs
 * again, and may end otherwise than it already put on record: then what is on record stays, and the rest is added to it.
 */
export async function commitEnd(records: LineageRecord[]): Promise<void> {
  try {
    await commitRecords(records);
  } catch (error) {
    const { code, message } = summarizeFailure(error);
    if (code !== 'LINEAGE_CONFLICT') throw error;
    if (records.length === 1) log.warn(`an end that is on record already stays: ${message}`);
    else for (const record of records) await commitEnd([record]);
  }
}
