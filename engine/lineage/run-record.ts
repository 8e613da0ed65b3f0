import { MillraceError, type LineageRecordOf, type RunRecord } from '../../schemas/index.js';
import type { Reader } from './reader.js';

/** What a run was to do, and the last end of each of its steps. @throws NOT_FOUND */
export async function runRecord(read: Reader, runId: string): Promise<RunRecord> {
  const [run] = await read<{ payload: string; verdict: RunRecord['verdict'] }>(
    'SELECT payload, verdict FROM runs JOIN events USING (sequence) WHERE run_id = $1',
    [runId],
  );
  if (run === undefined) throw new MillraceError('NOT_FOUND', `no run has the id ${runId}`);
  const { pipeline, partition, specification } = JSON.parse(run.payload) as LineageRecordOf<'run_started'>;
  const ends = await read<{ payload: string }>(
    `SELECT payload FROM events SEMI JOIN (
       SELECT max(sequence) AS sequence FROM steps WHERE run_id = $1 GROUP BY step) USING (sequence) ORDER BY sequence`,
    [runId],
  );
  const steps = ends.map(({ payload }) => {
    const end = JSON.parse(payload) as LineageRecordOf<'step_finished'>;
    const { step, status, summary, inputs, inputModels, output = null, reusedFrom = null } = end;
    return { step, status, summary, inputs, inputModels, output, reusedFrom };
  });
  return { runId, pipeline, partition, verdict: run.verdict, specification, steps };
}

/** The specification with a digest. @throws SPECIFICATION_NOT_FOUND */
export async function specificationOf(
  read: Reader,
  digest: string,
): Promise<{ pipeline: string; specification: LineageRecordOf<'run_started'>['specification'] }> {
  const [found] = await read<{ payload: string }>(
    'SELECT payload FROM events WHERE sequence = (SELECT min(sequence) FROM specifications WHERE digest = $1)',
    [digest],
  );
  if (found === undefined) throw new MillraceError('SPECIFICATION_NOT_FOUND', `no run had the specification ${digest}`);
  const { pipeline, specification } = JSON.parse(found.payload) as LineageRecordOf<'run_started'>;
  return { pipeline, specification };
}
