import type { AuditEntry, AuditResponse } from '../../../schemas/index.js';
import { cursorOf, parseNumberCursor } from '../page-cursor.js';
import type { Reader } from '../reader.js';

/** Changes of state by people and services, newest first, with the hashes of their links. */
export async function listAudit(
  read: Reader,
  options: { actor?: string; action?: string; limit: number; after?: string },
): Promise<AuditResponse> {
  const before = options.after === undefined ? null : parseNumberCursor(options.after);
  const rows = await read<Omit<AuditEntry, 'runId'> & { run_id: string | null }>(
    `SELECT sequence, done_at AS "at", actor, action, target, reason, run_id, coalesce(c.hash, '') AS hash FROM actions a LEFT JOIN audit_chain c USING (sequence)
     WHERE ($1::VARCHAR IS NULL OR actor = $1::VARCHAR) AND ($2::VARCHAR IS NULL OR action = $2::VARCHAR)
       AND ($3::BIGINT IS NULL OR sequence < $3::BIGINT)
     ORDER BY sequence DESC, action LIMIT $4`,
    [options.actor ?? null, options.action ?? null, before, options.limit + 1],
  );
  // A page ends between events: an event may be more than one entry.
  const last = rows.length > options.limit ? rows.at(-1)?.sequence : undefined;
  const page = last === undefined ? rows : rows.filter(({ sequence }) => sequence !== last);
  const kept = page.length > 0 ? page : rows;
  return {
    entries: kept.map(({ run_id: runId, ...row }) => ({ ...row, runId })),
    next: last === undefined ? null : cursorOf([String(kept.at(-1)?.sequence)]),
  };
}
