import type {
  DatasetSummary,
  DatasetVersionDetails,
  DatasetVersionRef,
  QualityReport,
  ResolvedPartition,
} from '../../schemas/index.js';
import { covers, markInForce, marksOn } from './mark-queries.js';
import { cursorOf, parseNumberCursor } from './page-cursor.js';
import type { Reader } from './reader.js';

/** Partitions bound to one statement: binding a hundred thousand at once would block the loop for 100 ms. */
const RESOLVE_CHUNK = 5000;

/** Columns of a dataset version, as the views have them. */
export interface VersionRow {
  dataset: string;
  partition: string;
  version: string;
  uri: string;
  rows: number;
  bytes: number;
  schema_fingerprint: string;
}

/** Reads a dataset version reference from its columns. */
export function versionRef(row: VersionRow): DatasetVersionRef {
  const { dataset, partition, version, uri, rows, bytes } = row;
  return { dataset, partition, version, uri, rows, bytes, schemaFingerprint: row.schema_fingerprint };
}

/**
 * What can be read of each partition, in the order that was asked for. A partition that was never published is
 * `rejected` if it has versions and the newest quality verdict on them is fail or error, else `missing`.
 */
export async function resolvePartitions(
  read: Reader,
  dataset: string,
  partitions: readonly string[],
): Promise<ResolvedPartition[]> {
  const resolved: ResolvedPartition[] = [];
  for (let start = 0; start < partitions.length; start += RESOLVE_CHUNK) {
    resolved.push(...(await resolveChunk(read, dataset, partitions.slice(start, start + RESOLVE_CHUNK))));
  }
  return resolved;
}

async function resolveChunk(
  read: Reader,
  dataset: string,
  partitions: readonly string[],
): Promise<ResolvedPartition[]> {
  const rows = await read<VersionRow & { published: boolean; taint: string | null }>(
    `WITH wanted AS (SELECT DISTINCT unnest($2) AS partition),
          versions AS (
            SELECT * FROM dataset_versions SEMI JOIN wanted USING (partition) WHERE dataset = $1
            QUALIFY row_number() OVER (PARTITION BY partition, version ORDER BY sequence) = 1),
          heads AS (
            SELECT partition, arg_max(version, sequence) AS version
            FROM publications SEMI JOIN wanted USING (partition) WHERE dataset = $1 GROUP BY partition),
          gone AS (SELECT partition, version FROM removed_versions WHERE dataset = $1),
          taints AS (
            SELECT partition, version, arg_max(actor || ': ' || reason, sequence) AS taint FROM marks_in_force
            WHERE mark = 'taint' AND kind = 'dataset' AND name = $1 GROUP BY ALL),
          verdicts AS (
            SELECT partition, arg_max(verdict, sequence) AS verdict
            FROM quality_results SEMI JOIN wanted USING (partition) WHERE dataset = $1 GROUP BY partition)
     SELECT v.*, true AS published,
       (SELECT max(taint) FROM taints t WHERE coalesce(t.partition, v.partition) = v.partition
         AND coalesce(t.version, v.version) = v.version) AS taint
     FROM versions v SEMI JOIN heads USING (partition, version) ANTI JOIN gone USING (partition, version)
     UNION ALL
     SELECT *, false AS published, NULL AS taint FROM versions
     SEMI JOIN (FROM verdicts WHERE verdict IN ('fail', 'error')) USING (partition)
     ANTI JOIN heads USING (partition)`,
    [dataset, partitions],
  );
  const found = new Map(rows.map((row) => [row.partition, row]));
  return partitions.map((partition) => {
    const row = found.get(partition);
    if (row === undefined) return { partition, state: 'missing', ref: null, taint: null };
    if (!row.published) return { partition, state: 'rejected', ref: null, taint: null };
    return { partition, state: row.taint === null ? 'available' : 'tainted', ref: versionRef(row), taint: row.taint };
  });
}

/** All datasets by name. */
export async function listDatasets(read: Reader): Promise<DatasetSummary[]> {
  const rows = await read<{
    dataset: string;
    partitions: number;
    published: number;
    versions: number;
    rows: number;
    written_at: string;
  }>(
    `SELECT dataset, count(DISTINCT partition) AS partitions, count(*) AS versions, max(written_at) AS written_at,
       count(h.sequence) AS published, coalesce(sum(rows) FILTER (h.sequence IS NOT NULL), 0)::BIGINT AS rows
     FROM first_versions v LEFT JOIN partition_heads h USING (dataset, partition, version)
     GROUP BY dataset ORDER BY dataset`,
  );
  return rows.map(({ written_at: writtenAt, ...row }) => ({ ...row, writtenAt }));
}

/** Which versions of a dataset are listed. */
export interface VersionsQuery {
  dataset: string;
  partition?: string | undefined;
  /** Keys of partitions between these, both included. */
  from?: string | undefined;
  to?: string | undefined;
  /** How they begin. */
  version?: string | undefined;
  /** Only those that are read for their partitions. */
  published: boolean;
  limit: number;
  after?: string | undefined;
}

/** A page of the versions of a dataset, newest first. */
export async function listDatasetVersions(
  read: Reader,
  { dataset, limit, after, ...only }: VersionsQuery,
): Promise<{ versions: DatasetVersionDetails[]; next: string | null }> {
  const before = after === undefined ? null : parseNumberCursor(after);
  const rows = await read<
    VersionRow & {
      sequence: number;
      columns: string;
      run_id: string;
      step: string;
      written_at: string;
      published: boolean;
      verdict: QualityReport['verdict'] | null;
      removed_at: string | null;
      states: string | null;
    }
  >(
    `WITH listed AS (
       SELECT v.*, h.sequence IS NOT NULL AS published, q.verdict, q.checked, r.removed_at
       FROM first_versions v
       LEFT JOIN removed_versions r USING (dataset, partition, version)
       LEFT JOIN partition_heads h USING (dataset, partition, version)
       LEFT JOIN (SELECT dataset, partition, version, arg_max(verdict, sequence) AS verdict, max(sequence) AS checked
                  FROM quality_results GROUP BY ALL) q USING (dataset, partition, version)
       WHERE dataset = $1 AND ($2::VARCHAR IS NULL OR partition = $2::VARCHAR)
         AND ($4::VARCHAR IS NULL OR partition >= $4::VARCHAR) AND ($5::VARCHAR IS NULL OR partition <= $5::VARCHAR)
         AND ($6::VARCHAR IS NULL OR starts_with(version, $6::VARCHAR)) AND (NOT $7 OR h.sequence IS NOT NULL)
         AND ($8::BIGINT IS NULL OR v.sequence < $8::BIGINT)
       ORDER BY v.sequence DESC LIMIT $3)
     SELECT listed.*, e.payload->>'$.report.documents.states' AS states
     FROM listed LEFT JOIN events e ON e.sequence = listed.checked ORDER BY listed.sequence DESC`,
    [
      ...[dataset, only.partition ?? null, limit, only.from ?? null, only.to ?? null, only.version ?? null],
      ...[only.published, before],
    ],
  );
  const marks = await marksOn(read, { dataset });
  const last = rows.at(-1);
  const versions = rows.map((row) => ({
    ref: versionRef(row),
    columns: JSON.parse(row.columns) as DatasetVersionDetails['columns'],
    runId: row.run_id,
    step: row.step,
    writtenAt: row.written_at,
    published: row.published,
    verdict: row.verdict,
    removedAt: row.removed_at,
    marks: marks.filter((mark) => covers(mark, row)).map(markInForce),
    states: row.states,
  }));
  return { versions, next: last === undefined || rows.length < limit ? null : cursorOf([String(last.sequence)]) };
}
