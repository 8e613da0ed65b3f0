import type { LatestRun } from '../../schemas/index.js';
import type { Reader } from './reader.js';

/** Partitions bound to one statement: binding a hundred thousand at once would block the loop for 100 ms. */
const CHUNK = 5000;

/** The newest run of each partition of a pipeline, in no order; partitions that never ran are left out. */
export async function latestRuns(read: Reader, pipeline: string, partitions: readonly string[]): Promise<LatestRun[]> {
  const found: LatestRun[] = [];
  for (let start = 0; start < partitions.length; start += CHUNK) {
    const rows = await read<{
      partition: string;
      run_id: string;
      verdict: LatestRun['verdict'];
      specification_digest: string;
      duration_ms: number | null;
    }>(
      `WITH wanted AS (SELECT DISTINCT unnest($2) AS partition)
       SELECT partition, run_id, verdict, specification_digest,
         greatest(0, date_diff('millisecond', started_at, finished_at)) AS duration_ms
       FROM runs SEMI JOIN wanted USING (partition) WHERE pipeline = $1
       QUALIFY row_number() OVER (PARTITION BY partition ORDER BY sequence DESC) = 1`,
      [pipeline, partitions.slice(start, start + CHUNK)],
    );
    for (const row of rows) {
      const { partition, verdict, run_id: runId, specification_digest: specificationDigest } = row;
      found.push({ partition, runId, verdict, specificationDigest, durationMs: row.duration_ms });
    }
  }
  return found;
}
