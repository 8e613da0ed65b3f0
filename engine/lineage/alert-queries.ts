import type { AlertDelivery, AlertsAfter, LineageRecord, RecordedDelivery } from '../../schemas/index.js';
import { isBackfillRequester } from '../../schemas/index.js';
import { ALERTING_KINDS, alertOf, type AlertedRun } from '../alerts/index.js';
import type { Reader } from './reader.js';

/** Records looked at for one answer. */
const PAGE = 500;

/**
 * What people should know of the records after one, oldest first.
 * @param after number of the last record that was seen; null gives none, and the number of the newest
 */
export async function alertsAfter(read: Reader, after: number | null): Promise<AlertsAfter> {
  const [newest] = await read<{ head: number }>('SELECT coalesce(max(sequence), 0) AS head FROM events');
  const head = newest?.head ?? 0;
  // A database that was restored from a backup is behind who read it before.
  if (after === null || after >= head) return { alerts: [], next: head };
  const rows = await read<{ sequence: number; payload: string }>(
    `SELECT sequence, payload FROM events WHERE sequence > $1 AND sequence <= $2
       AND kind IN (SELECT unnest($3)) ORDER BY sequence LIMIT $4`,
    [after, head, ALERTING_KINDS, PAGE],
  );
  const records = rows.map(({ sequence, payload }) => ({ sequence, record: JSON.parse(payload) as LineageRecord }));
  const runs = await runsOf(
    read,
    records.map(({ record }) => record),
  );
  const alerts = records.flatMap(({ sequence, record }) => {
    const alert = alertOf(record, 'runId' in record ? runs.get(record.runId ?? '') : undefined);
    return alert === null ? [] : [{ sequence, alert }];
  });
  return { alerts, next: rows.length < PAGE ? head : (rows.at(-1)?.sequence ?? head) };
}

async function runsOf(read: Reader, records: readonly LineageRecord[]): Promise<Map<string, AlertedRun>> {
  const ids = [...new Set(records.flatMap((record) => ('runId' in record && record.runId ? [record.runId] : [])))];
  if (ids.length === 0) return new Map();
  const rows = await read<{
    run_id: string;
    pipeline: string;
    partition: string;
    workflow_id: string;
    requested_by: string;
    before: string | null;
  }>(
    `WITH these AS (SELECT * FROM run_starts WHERE run_id IN (SELECT unnest($1)))
     SELECT t.run_id, t.pipeline, t.partition, t.workflow_id, t.requested_by, arg_max(e.verdict, s.sequence) AS before
     FROM these t
     LEFT JOIN run_starts s ON s.pipeline = t.pipeline AND s.partition = t.partition AND s.sequence < t.sequence
     LEFT JOIN run_ends e ON e.run_id = s.run_id
     GROUP BY ALL`,
    [ids],
  );
  return new Map(
    rows.map(({ run_id, pipeline, partition, workflow_id: workflowId, requested_by: requestedBy, before }) => [
      run_id,
      {
        ...{ pipeline, partition, workflowId, afterFailure: before !== null && before !== 'succeeded' },
        ofBackfill: isBackfillRequester(requestedBy),
      },
    ]),
  );
}

/** What became of alerts, newest first. */
export async function alertDeliveries(
  read: Reader,
  { pipeline, limit }: { pipeline?: string | undefined; limit: number },
): Promise<RecordedDelivery[]> {
  const rows = await read<{ delivery: string; ended_at: string }>(
    `SELECT delivery, ended_at FROM alert_deliveries WHERE $1::VARCHAR IS NULL OR pipeline = $1::VARCHAR
     ORDER BY sequence DESC LIMIT $2`,
    [pipeline ?? null, limit],
  );
  return rows.map(({ delivery, ended_at: at }) => ({ ...(JSON.parse(delivery) as AlertDelivery), at }));
}
