import type { Mark, MarkInForce } from '../../schemas/index.js';
import type { Reader } from './reader.js';

/** A mark in force, as the view has it. */
export interface MarkRow {
  mark: Mark;
  on_name: string;
  partition: string | null;
  version: string | null;
  actor: string;
  reason: string;
  until: string | null;
  marked_at: string;
}

/** Marks in force, newest first. */
export async function listMarks(read: Reader, options: { mark?: Mark; limit: number }): Promise<MarkInForce[]> {
  const rows = await read<MarkRow>(
    'SELECT * FROM marks_in_force WHERE $1::VARCHAR IS NULL OR mark = $1::VARCHAR ORDER BY sequence DESC LIMIT $2',
    [options.mark ?? null, options.limit],
  );
  return rows.map(markInForce);
}

/** Marks in force on a dataset, its partitions and versions, or on the versions of a model. */
export async function marksOn(read: Reader, on: { dataset: string } | { model: string }): Promise<MarkRow[]> {
  const [kind, name] = 'dataset' in on ? ['dataset', on.dataset] : ['model', on.model];
  return read<MarkRow>('SELECT * FROM marks_in_force WHERE kind = $1 AND name = $2 ORDER BY sequence DESC', [
    kind,
    name,
  ]);
}

/** Whether a mark on a dataset, a partition or a version is on that version. */
export function covers(
  mark: Pick<MarkRow, 'partition' | 'version'>,
  ref: { partition: string; version: string },
): boolean {
  return (mark.partition ?? ref.partition) === ref.partition && (mark.version ?? ref.version) === ref.version;
}

/** A mark as answers have it. */
export function markInForce(row: MarkRow): MarkInForce {
  const { mark, on_name: on, actor: by, reason, until, marked_at: at } = row;
  return { mark, on, by, reason, until, at };
}
