import type { CodeLocation } from './code-location.js';
import type { LineageRecordOf } from './lineage-record.js';
import type { RunInput } from './run.js';

/** What the record of a run’s start is made of. */
export interface RunStart {
  runId: string;
  workflowId: string;
  pipeline: string;
  /** Key of the partition. */
  partition: string;
  logicalTime: string;
  requestedBy: string;
  force: NonNullable<RunInput['force']> | null;
  /** The frozen specification. */
  specification: { digest: string };
  codeLocation?: CodeLocation | undefined;
}

/** The record with which a run begins. Its key is that of the execution, so that who tries again changes nothing. @param at ISO 8601 */
export function runStarted(
  { specification, codeLocation, ...about }: RunStart,
  at: string,
): LineageRecordOf<'run_started'> {
  return {
    kind: 'run_started',
    key: `${about.runId}/started`,
    at,
    ...about,
    specificationDigest: specification.digest,
    specification: JSON.parse(JSON.stringify(specification)) as never,
    ...(codeLocation && { codeLocation }),
  };
}
