import { setHandler, workflowInfo } from '@temporalio/workflow';
import {
  runStarted,
  type CodeLocation,
  type DeclaredPartitions,
  type PartitionWindow,
  type RunInput,
  type StepState,
} from '../schemas/index.js';
import { carryRecords, commitRecords } from './commit-records.js';
import { DeferredEnds } from './deferred-ends.js';
import { acceptDecisions } from './gate-decisions.js';
import { now } from './now.js';
import { poolPlaceSignal } from './pool.js';
import { progressOf, progressQuery, showProgress, type Run, type RunCaching } from './run.js';

/** What a run on record begins with. */
export interface RunSpecification {
  pipeline: string;
  partitions: DeclaredPartitions;
  window: PartitionWindow;
  logicalTime: string;
  requestedBy: string;
  force?: RunInput['force'] | null;
  /** @default false */
  searchAttributes?: boolean;
  /** The frozen specification, kept on record. */
  specification: { digest: string };
  /** @default null */
  caching?: RunCaching | null;
  /** Where the code is, for the record. */
  codeLocation?: CodeLocation | undefined;
  /** The start is on record already. @default false */
  started?: boolean | undefined;
}

/** A run never continues as new: where the first execution is another one, this one was reset from it. */
export function isReset(): boolean {
  const { runId, firstExecutionRunId } = workflowInfo();
  return firstExecutionRunId !== runId;
}

/** Begins a run: it is on record from now on, and answers the query `progress`. */
export async function beginRun(options: RunSpecification, steps: readonly StepState[] = []): Promise<Run> {
  const { runId, workflowId } = workflowInfo();
  const { specification, codeLocation, started = false, ...about } = options;
  const { force = null, searchAttributes = false, caching = null } = about;
  const run: Run = {
    ...about,
    force,
    searchAttributes,
    caching,
    reused: new Map(),
    runId,
    workflowId,
    steps: new Map(steps.map((state) => [state.step, state])),
    gates: new Map(),
    decisions: new Map(),
    deferred: new DeferredEnds(),
    passedChecks: new Set(),
    repeats: new Map(),
    tainted: new Map(),
    poolPlaces: new Set(),
    poolAsks: 0,
    phase: 'starting',
  };
  setHandler(progressQuery, () => progressOf(run), { description: 'How far the run is: states of all steps.' });
  acceptDecisions(run);
  setHandler(poolPlaceSignal, ({ ticket }) => void run.poolPlaces.add(ticket), {
    description: 'Sent by a pool: the run has a place in it.',
  });
  showProgress(run);
  // What is on record already is that of the execution that this one was reset from.
  if (started && !isReset()) return run;
  const { pipeline, window, logicalTime, requestedBy } = run;
  const partition = window.key;
  const start = runStarted(
    { ...{ runId, workflowId, pipeline, partition, logicalTime, requestedBy, force }, specification, codeLocation },
    now(),
  );
  if (isReset()) carryRecords(start);
  if (!started) await commitRecords([start]);
  return run;
}
