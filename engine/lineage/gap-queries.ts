import type { OpenRun, UnproducedVersion } from '../../schemas/index.js';
import { cursorOf, parseNumberCursor } from './page-cursor.js';
import type { Reader } from './reader.js';

interface Page {
  limit: number;
  after?: string | undefined;
}

/** Which of these idempotency keys are on record. */
export async function knownKeys(read: Reader, keys: readonly string[]): Promise<string[]> {
  if (keys.length === 0) return [];
  const rows = await read<{ key: string }>('SELECT key FROM events WHERE key IN (SELECT unnest($1))', [keys]);
  return rows.map(({ key }) => key);
}

/** Runs whose end is not on record, oldest first. */
export async function openRuns(read: Reader, page: Page): Promise<{ runs: OpenRun[]; next: string | null }> {
  const rows = await read<{ sequence: number; run_id: string; workflow_id: string; last_at: string }>(
    `WITH page AS (
       SELECT sequence, run_id, workflow_id, started_at FROM runs
       WHERE verdict IS NULL AND sequence > $1 ORDER BY sequence LIMIT $2)
     SELECT p.sequence, run_id, workflow_id, greatest(any_value(p.started_at), coalesce(max(s.finished_at), any_value(p.started_at))) AS last_at
     FROM page p LEFT JOIN steps s USING (run_id) GROUP BY ALL ORDER BY p.sequence`,
    [afterSequence(page), page.limit],
  );
  return {
    runs: rows.map(({ run_id: runId, workflow_id: workflowId, last_at: lastAt }) => ({ runId, workflowId, lastAt })),
    next: nextOf(rows, page),
  };
}

/** Dataset versions whose run is not on record, oldest first. */
export async function unproducedVersions(
  read: Reader,
  page: Page,
): Promise<{ checked: number; versions: UnproducedVersion[]; next: string | null }> {
  const [count] = await read<{ versions: number }>('SELECT count(*) AS versions FROM first_versions');
  const rows = await read<Omit<UnproducedVersion, 'runId'> & { sequence: number; run_id: string }>(
    `SELECT sequence, dataset, partition, version, run_id, step FROM first_versions
     WHERE sequence > $1 AND run_id NOT IN (SELECT run_id FROM run_starts) ORDER BY sequence LIMIT $2`,
    [afterSequence(page), page.limit],
  );
  return {
    checked: count?.versions ?? 0,
    versions: rows.map(({ sequence: _, run_id: runId, ...version }) => ({ ...version, runId })),
    next: nextOf(rows, page),
  };
}

function afterSequence({ after }: Page): number {
  return after === undefined ? 0 : parseNumberCursor(after);
}

function nextOf(rows: readonly { sequence: number }[], { limit }: Page): string | null {
  const last = rows.at(-1);
  return last === undefined || rows.length < limit ? null : cursorOf([String(last.sequence)]);
}
