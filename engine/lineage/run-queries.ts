import {
  MillraceError,
  type LineageRecordOf,
  type QualityResult,
  type RunDetails,
  type RunSummary,
  type RunVerdict,
} from '../../schemas/index.js';
import { cursorOf, parseNumberCursor } from './page-cursor.js';
import type { Reader } from './reader.js';

interface RunRow {
  run_id: string;
  workflow_id: string;
  pipeline: string;
  partition: string;
  logical_time: string;
  started_at: string;
  finished_at: string | null;
  verdict: RunSummary['verdict'];
  reason: string | null;
  message: string | null;
  requested_by: string;
  forced: boolean;
  specification_digest: string;
}

/** Which runs are listed. */
export interface RunFilter {
  /** All pipelines by default. */
  pipeline?: string | undefined;
  /** All partitions by default. */
  partition?: string | undefined;
  /** Runs that ended so, or have not ended; all by default. */
  verdict?: RunVerdict | 'running' | undefined;
  /** Greatest number of runs. */
  limit: number;
}

/** A page of runs, newest first. Runs that begin meanwhile come before the first page, so none is on two of them. */
export async function listRuns(
  read: Reader,
  options: RunFilter & { after?: string | undefined },
): Promise<{ runs: RunSummary[]; next: string | null }> {
  const { pipeline = null, partition = null, verdict = null, limit, after } = options;
  const before = after === undefined ? null : parseNumberCursor(after);
  const rows = await read<RunRow & { sequence: number }>(
    `SELECT * FROM runs
     WHERE ($1::VARCHAR IS NULL OR pipeline = $1::VARCHAR)
       AND ($2::VARCHAR IS NULL OR partition = $2::VARCHAR)
       AND ($3::VARCHAR IS NULL OR coalesce(verdict, 'running') = $3::VARCHAR)
       AND ($4::BIGINT IS NULL OR sequence < $4::BIGINT)
     ORDER BY sequence DESC LIMIT $5`,
    [pipeline, partition, verdict, before, limit + 1],
  );
  const page = rows.slice(0, limit);
  const next = rows.length > limit ? cursorOf([String(page.at(-1)!.sequence)]) : null;
  return { runs: page.map(runSummary), next };
}

/** Pipelines that a worker has declared, or that ran. */
export async function pipelineNames(read: Reader): Promise<string[]> {
  const rows = await read<{ pipeline: string }>('SELECT DISTINCT pipeline FROM specifications ORDER BY pipeline');
  return rows.map(({ pipeline }) => pipeline);
}

/**
 * A run and the last end of each of its steps, in the order of its pipeline; what that does not name comes last, as it was put on record.
 * @throws NOT_FOUND
 */
export async function runDetails(read: Reader, runId: string): Promise<RunDetails> {
  const [run] = await read<RunRow & { declared: string }>(
    `SELECT runs.*, to_json(coalesce(json_keys(payload, '$.specification.steps'), [])) AS declared
     FROM runs JOIN events USING (sequence) WHERE runs.run_id = $1`,
    [runId],
  );
  if (run === undefined) throw new MillraceError('NOT_FOUND', `no run has the id ${runId}`);
  const steps = await read<{
    step: string;
    type: string;
    status: RunDetails['steps'][number]['status'];
    started_at: string | null;
    finished_at: string;
    summary: string;
    code: string | null;
  }>(
    `SELECT * FROM steps WHERE run_id = $1
     QUALIFY row_number() OVER (PARTITION BY step ORDER BY sequence DESC) = 1 ORDER BY sequence`,
    [runId],
  );
  const declared = JSON.parse(run.declared) as string[];
  const place = ({ step }: { step: string }) => (declared.includes(step) ? declared.indexOf(step) : declared.length);
  steps.sort((one, other) => place(one) - place(other));
  return {
    ...runSummary(run),
    specificationDigest: run.specification_digest,
    steps: steps.map(({ step, type, status, summary, code, started_at: startedAt, finished_at: finishedAt }) => ({
      step,
      type,
      status,
      startedAt,
      finishedAt,
      summary,
      code,
    })),
  };
}

/** Quality reports of a run in the order in which they were made; none for a run that is not on record. */
export async function runQuality(read: Reader, runId: string): Promise<QualityResult[]> {
  const rows = await read<{ payload: string }>(
    'SELECT payload FROM events SEMI JOIN (SELECT sequence FROM quality_results WHERE run_id = $1) USING (sequence) ORDER BY sequence',
    [runId],
  );
  return rows.map((row) => {
    const record = JSON.parse(row.payload) as LineageRecordOf<'quality_result'>;
    const { step, dataset, partition, version, at, report } = record;
    return { runId, step, dataset, partition, version, at, report };
  });
}

function runSummary(row: RunRow): RunSummary {
  return {
    runId: row.run_id,
    workflowId: row.workflow_id,
    pipeline: row.pipeline,
    partition: row.partition,
    logicalTime: row.logical_time,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    verdict: row.verdict,
    reason: row.reason,
    message: row.message,
    requestedBy: row.requested_by,
    forced: row.forced,
  };
}
