import { isCancellation } from '@temporalio/workflow';
import type { FrozenPipeline, GateDecision } from '../schemas/index.js';
import { commitRecords } from './commit-records.js';
import { awaitDecision } from './gate-decisions.js';
import { setStepState, type Run } from './run.js';
import { stepFinished } from './steps/recorded-step.js';

const VERBS = ['retryStep', 'skipStep', 'abort'] as const;

/**
 * Runs a step of a pipeline. Where it fails and `onFailure: 'wait'` holds for it, the run parks, without a worker, until
 * somebody decides: the step is done again, left out, or its error stands.
 */
export function runOrWait(
  run: Run,
  { steps, onFailure }: Pick<FrozenPipeline, 'steps' | 'onFailure'>,
  name: string,
  work: () => Promise<void>,
): Promise<void> {
  return (steps[name]?.onFailure ?? onFailure) === 'wait' ? parkedOnFailure(run, name, work) : work();
}

async function parkedOnFailure(run: Run, name: string, work: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      await work();
      return;
    } catch (error) {
      if (isCancellation(error)) throw error;
      const decision = await park(run, name);
      if (decision?.verb === 'skipStep') return leaveOut(run, name, decision);
      if (decision?.verb !== 'retryStep') throw error;
      run.repeats.set(name, (run.repeats.get(name) ?? 0) + 1);
    }
  }
}

async function park(run: Run, name: string): Promise<GateDecision | null> {
  const failed = run.steps.get(name);
  if (failed === undefined) return null;
  setStepState(run, { ...failed, status: 'waiting', summary: `waits for ${VERBS.join(', ')}: ${failed.summary}` });
  const decision = await awaitDecision(run, name, { verbs: VERBS });
  const told = decision?.verb === 'abort' ? `; aborted by ${decision.by}: ${decision.reason}` : '';
  setStepState(run, { ...failed, summary: `${failed.summary}${told}` });
  return decision;
}

async function leaveOut(run: Run, name: string, { by, reason }: GateDecision): Promise<void> {
  const failed = run.steps.get(name);
  if (failed === undefined) return;
  const skipped = { ...failed, status: 'skipped' as const, code: 'SKIPPED', summary: `left out by ${by}: ${reason}` };
  await commitRecords([stepFinished(run, skipped)]);
  setStepState(run, skipped);
}
