import { CancellationScope, isCancellation } from '@temporalio/workflow';
import { type LineageRecord, type RunResult, type RunVerdict, type StepState } from '../schemas/index.js';
import { carriedRecords, commitEnd } from './commit-records.js';
import { asFailure, failure, summarizeFailure } from './failures.js';
import { now } from './now.js';
import { showProgress, type Run } from './run.js';
import { setVerdictAttribute } from './search-attributes.js';

/** Records of one commit; the owner takes a thousand. */
const MOST = 900;

/** Verdict of a run, with its reason. */
export interface RunOutcome {
  verdict: RunVerdict;
  reason: string;
  message: string;
}

/** What the states of its steps make of a run: an error outweighs a refusal, a refusal what came of the rest. */
export function runOutcome(steps: readonly StepState[]): RunOutcome {
  const failed = steps.find((state) => state.status === 'failed');
  if (failed !== undefined) return { verdict: 'failed', reason: failed.code ?? 'INTERNAL', message: sentence(failed) };
  const refused = steps.find((state) => state.status === 'refused');
  if (refused !== undefined) {
    const verdict = refused.code === 'CANARY_FAILED' ? 'rolled_back' : 'refused';
    return { verdict, reason: refused.code ?? 'REFUSED', message: sentence(refused) };
  }
  const deployed = steps.findLast((state) => state.type === 'deploy');
  if (deployed !== undefined) {
    return { verdict: 'succeeded', reason: deployed.code ?? 'COMPLETED', message: sentence(deployed) };
  }
  const succeeded = steps.filter((state) => state.status === 'succeeded').length;
  const left = steps.flatMap((state) => (state.code === 'SKIPPED' ? [state.step] : []));
  const message = left.length === 0 ? `${succeeded} steps` : `${succeeded} of ${steps.length} steps`;
  const without = left.length === 0 ? '' : `; left out: ${left.join(', ')}`;
  return { verdict: 'succeeded', reason: 'COMPLETED', message: `${message} succeeded${without}` };
}

function sentence(state: StepState): string {
  return `${state.step}: ${state.summary}`;
}

/**
 * Does a run’s work and ends it: the outcome is put on record, whatever it is, and becomes the workflow’s result. A
 * refusal is a result; work that could not be done is a failure of the execution, with the result in its details.
 */
export async function endRun(run: Run, started: number, work: () => Promise<void>): Promise<RunResult> {
  const thrown = await work().then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  const outcome = thrown === undefined ? runOutcome([...run.steps.values()]) : failedOutcome(run, thrown.error);
  const result: RunResult = {
    pipeline: run.pipeline,
    partition: run.window.key,
    logicalTime: run.logicalTime,
    runId: run.runId,
    workflowId: run.workflowId,
    ...outcome,
    steps: [...run.steps.values()],
    forced: [...run.steps.values()].some((state) => state.code === 'FORCED'),
    durationMs: Date.now() - started,
  };
  run.phase = `${outcome.verdict}, ${outcome.reason}`;
  showProgress(run);
  const end = [...carriedRecords(), ...run.deferred.take(), ...skippedRecords(run), finishedRecord(run, outcome)];
  await CancellationScope.nonCancellable(async () => {
    while (end.length > 0) await commitEnd(end.splice(0, MOST));
  });
  setVerdictAttribute(run, outcome.verdict);
  if (thrown !== undefined) throw isCancellation(thrown.error) ? thrown.error : asFailure(thrown.error, { result });
  if (outcome.verdict === 'failed') throw failure(outcome.reason, outcome.message, { result });
  return result;
}

function failedOutcome(run: Run, error: unknown): RunOutcome {
  if (isCancellation(error)) return { verdict: 'failed', reason: 'CANCELLED', message: 'the run was cancelled' };
  const failed = [...run.steps.values()].find((state) => state.status === 'failed');
  const { code, message } = summarizeFailure(error);
  return { verdict: 'failed', reason: code, message: failed === undefined ? message : sentence(failed) };
}

function finishedRecord(run: Run, outcome: RunOutcome): LineageRecord {
  return { kind: 'run_finished', key: `${run.runId}/finished`, at: now(), runId: run.runId, ...outcome };
}

/** Steps that never began are on record too, or a failed night would not say what it left out. */
function skippedRecords(run: Run): LineageRecord[] {
  return [...run.steps.values()]
    .filter((state) => state.status === 'skipped' && state.code !== 'SKIPPED')
    .map((state) => ({
      kind: 'step_finished' as const,
      key: `${run.runId}/${state.step}/skipped`,
      at: now(),
      runId: run.runId,
      step: state.step,
      type: state.type,
      status: state.status,
      startedAt: null,
      summary: state.summary,
      code: state.code,
      inputs: [],
      inputModels: [],
    }));
}
