import type { LineageRecord, OpenLineageRunEvent } from '../../../schemas/index.js';
import { newestEvents } from '../openlineage/run-events.js';
import type { Reader } from '../reader.js';

/** Records that stand for events, read at a time. */
const PAGE = 100;
const KINDS = ['run_started', 'step_finished', 'run_finished', 'rollout_finished'];

/** Tables of what a run did, by which its events are found without a look into their JSON. */
const OF_A_RUN = [
  'run_starts',
  'run_ends',
  'steps',
  'dataset_versions',
  'quality_results',
  'trainings',
  'evaluations',
  'rollouts',
];

/** A page of the events that come after a record, those of each run in their order. */
export interface EventPage {
  runs: OpenLineageRunEvent[][];
  /** Number of the last record that the page tells of. */
  upTo: number;
}

type Recorded = Extract<LineageRecord, { runId: string }>;

/**
 * The events of the records after `after`.
 * @param head number of the newest record
 */
export async function eventsAfter(read: Reader, after: number, head: number): Promise<EventPage> {
  const page = await read<{ sequence: number; runId: string }>(
    `SELECT sequence, payload->>'$.runId' AS "runId" FROM events
     WHERE sequence > $1 AND sequence <= $2 AND kind IN (SELECT unnest($3)) ORDER BY sequence LIMIT ${PAGE}`,
    [after, head, KINDS],
  );
  const upTo = page.length === PAGE ? (page.at(-1)?.sequence ?? head) : head;
  const runIds = [...new Set(page.map(({ runId }) => runId))];
  const told = new Set(page.map(({ sequence }) => sequence));
  const records = await recordsOfRuns(read, runIds, upTo);
  return {
    upTo,
    runs: runIds.map((runId) => {
      const own = records.filter(({ record }) => record.runId === runId);
      return own.flatMap(({ sequence }, index) =>
        told.has(sequence) ? newestEvents(own.slice(0, index + 1).map(({ record }) => record)) : [],
      );
    }),
  };
}

/** What runs left on record that events are made of, in the order in which it was recorded. */
export async function recordsOfRuns(
  read: Reader,
  runIds: readonly string[],
  upTo: number,
): Promise<{ sequence: number; record: Recorded }[]> {
  if (runIds.length === 0) return [];
  const own = OF_A_RUN.map((table) => `SELECT sequence FROM ${table} WHERE run_id IN (SELECT unnest($1))`);
  const rows = await read<{ sequence: number; payload: string }>(
    `SELECT sequence, payload FROM events SEMI JOIN (${own.join(' UNION ALL ')}) USING (sequence)
     WHERE sequence <= $2 ORDER BY sequence`,
    [runIds, upTo],
  );
  return rows.map(({ sequence, payload }) => ({ sequence, record: JSON.parse(payload) as Recorded }));
}
