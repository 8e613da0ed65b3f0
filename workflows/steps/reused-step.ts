import { shortVersion, type DatasetVersionRef, type ReusableStep, type StepState } from '../../schemas/index.js';
import { commitRecords } from '../commit-records.js';
import { now } from '../now.js';
import { setStepState, type Run } from '../run.js';
import { stepFinished } from './recorded-step.js';
import { noteTaints } from './tainted.js';

/** Whether what a step would read now are the versions that were read then. */
export function readsTheSame({ inputs }: ReusableStep, refs: readonly DatasetVersionRef[]): boolean {
  const versions = (read: readonly DatasetVersionRef[]) =>
    new Set(read.map(({ dataset, partition, version }) => `${dataset}/${partition}@${version}`));
  const [then, now] = [versions(inputs), versions(refs)];
  return then.size === now.size && [...now].every((version) => then.has(version));
}

/** Takes over what an earlier run’s step left behind, and has it on record. */
export async function takeOver(run: Run, step: string, type: string, reusable: ReusableStep): Promise<void> {
  const { runId, summary, inputs, inputModels, output } = reusable;
  const at = now();
  const state: StepState = {
    step,
    type,
    status: 'succeeded',
    startedAt: at,
    durationMs: 0,
    // What was reused before says so already, and from which run.
    summary: `reused from run ${shortVersion(runId)}: ${summary.replace(/^reused from run \S+: /, '')}`.slice(0, 2000),
    code: 'REUSED',
    output,
    reusedFrom: runId,
  };
  const end = stepFinished(run, state, { inputs, inputModels, reusedFrom: runId });
  noteTaints(run, [end], await commitRecords([end]));
  setStepState(run, state);
}
