import type { LackingInput, Publication, TriggerEntry, TriggerLedger, TriggerOutcome } from '../../schemas/index.js';
import type { Reader } from './reader.js';

/** Publications in one answer. */
const PAGE = 200;

/** How events of a pipeline ended, newest first, and how many ended how. */
export async function triggerLedger(
  read: Reader,
  { pipeline, limit }: { pipeline: string; limit: number },
): Promise<TriggerLedger> {
  const counts = await read<{ outcome: TriggerOutcome; events: number }>(
    'SELECT outcome, count(*) AS events FROM trigger_events WHERE pipeline = $1 GROUP BY outcome',
    [pipeline],
  );
  const rows = await read<Omit<TriggerEntry, 'runs' | 'receivedAt' | 'endedAt'> & Times>(
    `SELECT pipeline, event_id AS id, trigger, source, subject, outcome, reason, runs, received_at, ended_at
     FROM trigger_events WHERE pipeline = $1 ORDER BY sequence DESC LIMIT $2`,
    [pipeline, limit],
  );
  return {
    counts: Object.assign(
      { started: 0, merged: 0, ignored: 0 },
      Object.fromEntries(counts.map(({ outcome, events }) => [outcome, events])),
    ),
    entries: rows.map(({ runs, received_at: receivedAt, ended_at: endedAt, ...entry }) => ({
      ...entry,
      receivedAt,
      endedAt,
      runs: JSON.parse(runs) as TriggerEntry['runs'],
    })),
  };
}

interface Times {
  runs: string;
  received_at: string;
  ended_at: string;
}

/** Which of these events ended already. */
export async function knownEvents(read: Reader, pipeline: string, ids: readonly string[]): Promise<string[]> {
  const rows = await read<{ id: string }>(
    'SELECT DISTINCT event_id AS id FROM trigger_events WHERE pipeline = $1 AND event_id IN (SELECT unnest($2))',
    [pipeline, ids],
  );
  return rows.map(({ id }) => id);
}

/**
 * Publications after a record that gave a partition another version than it had, oldest first.
 * @param after number of the last record that was seen; null gives none, and the number of the newest
 * @returns `next`, to be given as `after` for those that follow
 */
export async function publicationsAfter(
  read: Reader,
  { datasets, after }: { datasets: readonly string[]; after: number | null },
): Promise<{ publications: Publication[]; next: number }> {
  const [newest] = await read<{ head: number }>('SELECT coalesce(max(sequence), 0) AS head FROM events');
  const head = newest?.head ?? 0;
  // A database that was restored from a backup is behind who read it before.
  if (after === null || after >= head) return { publications: [], next: head };
  const fresh = await read<{ sequence: number; dataset: string; partition: string; version: string; run_id: string }>(
    `SELECT sequence, dataset, partition, version, run_id FROM publications
     WHERE sequence > $1 AND dataset IN (SELECT unnest($2)) ORDER BY sequence LIMIT $3`,
    [after, datasets, PAGE],
  );
  if (fresh.length === 0) return { publications: [], next: head };
  const changed = await read<{ sequence: number }>(
    `WITH fresh AS (SELECT * FROM publications WHERE sequence IN (SELECT unnest($1)::BIGINT))
     SELECT f.sequence FROM fresh f LEFT JOIN publications p
       ON p.dataset = f.dataset AND p.partition = f.partition AND p.sequence < f.sequence
     GROUP BY f.sequence, f.version HAVING arg_max(p.version, p.sequence) IS DISTINCT FROM f.version`,
    [fresh.map(({ sequence }) => String(sequence))],
  );
  const kept = new Set(changed.map(({ sequence }) => sequence));
  return {
    publications: fresh
      .filter(({ sequence }) => kept.has(sequence))
      .map(({ run_id: runId, ...publication }) => ({ ...publication, runId })),
    next: fresh.length < PAGE ? Math.max(head, newestOf(fresh)) : newestOf(fresh),
  };
}

const newestOf = (rows: readonly { sequence: number }[]) => rows.at(-1)?.sequence ?? 0;

/** Partitions of inputs without a version that is newer than the last run of a pipeline’s partition. */
export async function lackingInputs(
  read: Reader,
  { pipeline, partition, inputs }: { pipeline: string; partition: string; inputs: readonly LackingInput[] },
): Promise<{ dataset: string; partition: string }[]> {
  const [last] = await read<{ began: number }>(
    'SELECT coalesce(max(sequence), 0) AS began FROM run_starts WHERE pipeline = $1 AND partition = $2',
    [pipeline, partition],
  );
  const lacking = await Promise.all(
    inputs.map(async ({ dataset, partitions }) => {
      const there = await read<{ partition: string }>(
        `SELECT DISTINCT partition FROM publications
         WHERE dataset = $1 AND sequence > $2 AND partition IN (SELECT unnest($3))`,
        [dataset, last?.began ?? 0, partitions],
      );
      const fresh = new Set(there.map((row) => row.partition));
      return partitions.filter((key) => !fresh.has(key)).map((key) => ({ dataset, partition: key }));
    }),
  );
  return lacking.flat();
}
