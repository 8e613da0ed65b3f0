import type { LineageRecordOf } from '../../schemas/index.js';
import type { Reader } from './reader.js';
import { stepSpecifications, type StepSpecification } from './step-specifications.js';

/** What a pipeline would do now. */
export interface CurrentSpecification {
  pipeline: string;
  /** The specification itself. */
  specification: unknown;
  steps: StepSpecification[];
}

/**
 * The specification of each pipeline: the one that a worker declared last, else that of the newest run. Parameters of a run
 * are part of what it did, so the two may differ though nobody changed the pipeline.
 */
export async function currentSpecifications(read: Reader): Promise<CurrentSpecification[]> {
  const rows = await read<{ payload: string }>(
    `WITH newest AS (
       SELECT coalesce(max(sequence) FILTER (declared), max(sequence)) AS sequence FROM specifications GROUP BY pipeline)
     SELECT payload FROM events SEMI JOIN newest USING (sequence) ORDER BY sequence`,
  );
  return rows.map(({ payload }) => {
    const { pipeline, specification } = JSON.parse(payload) as LineageRecordOf<'run_started' | 'pipeline_declared'>;
    return { pipeline, specification, steps: stepSpecifications(specification) };
  });
}
