import { CancellationScope, isCancellation, patched } from '@temporalio/workflow';
import {
  modelRefOf,
  type CacheNote,
  type CacheRecord,
  type DatasetVersionRef,
  type LineageRecord,
  type LineageRecordOf,
  type ModelRef,
  type StepOutput,
  type StepState,
  type StepStatus,
} from '../../schemas/index.js';
import { commitEnd, commitRecords } from '../commit-records.js';
import { summarizeFailure } from '../failures.js';
import { now } from '../now.js';
import { setStepState, type Run } from '../run.js';
import { marksOfMade, noteTaints, taintsOf } from './tainted.js';

/** What a step did, to be put on record. */
export interface StepOutcome<T> {
  value: T;
  status?: Extract<StepStatus, 'succeeded' | 'refused'>;
  /** One line for people. */
  summary: string;
  /** Reason code, where the step did not simply succeed. */
  code?: string | null;
  output?: StepOutput;
  /** Facts that are committed together with the end of the step. */
  records?: LineageRecord[];
  inputs?: DatasetVersionRef[];
  inputModels?: ModelRef[];
  /** Whether it was computed, and why. */
  cache?: CacheRecord;
  /** Run that did the work. */
  reusedFrom?: string;
}

/** The part of a record that every record of a step has. */
export function recordBase(run: Run, step: string, fact: string) {
  const repeat = run.repeats.get(step) ?? 0;
  const reused = run.reused.get(step);
  // A workflow task that is done twice may find another result to reuse; neither denies the other.
  const begun = `${step}${repeat === 0 ? '' : `#${repeat}`}${reused === undefined ? '' : `<${reused}`}`;
  return { key: `${run.runId}/${begun}/${fact}`, at: now(), runId: run.runId, step };
}

/**
 * Runs a step, shows its state, and commits what it did together with the fact that it ended. An error is put on
 * record as well, and thrown on.
 */
export async function recordedStep<T>(
  run: Run,
  step: string,
  type: string,
  work: (state: StepState) => Promise<StepOutcome<T>>,
): Promise<T> {
  const started = Date.now();
  const state: StepState = {
    step,
    type,
    status: 'running',
    startedAt: new Date(started).toISOString(),
    durationMs: null,
    summary: '',
    code: null,
    output: {},
  };
  setStepState(run, state);
  try {
    const outcome = await work(state);
    const { status = 'succeeded', summary, code = null, records = [], output = {} } = outcome;
    const { reusedFrom, cache } = outcome;
    const ended: StepState = {
      ...{ ...state, status, summary, code, output, durationMs: Date.now() - started },
      ...(reusedFrom !== undefined && { reusedFrom }),
      ...(cache !== undefined && { cache: noteOf(cache) }),
    };
    const end = stepFinished(run, ended, outcome);
    if (mayWait(run, ended, records)) run.deferred.add(end);
    else await commitStep(run, [...records, end]);
    setStepState(run, { ...ended, summary: [summary, ...taintsOf(run, output)].join('; ') });
    return outcome.value;
  } catch (error) {
    const { code, message } = isCancellation(error)
      ? { code: 'CANCELLED', message: 'cancelled' }
      : summarizeFailure(error);
    const ended: StepState = { ...state, status: 'failed', summary: message, code, durationMs: Date.now() - started };
    setStepState(run, ended);
    await CancellationScope.nonCancellable(() => commitEnd([stepFinished(run, ended)]));
    throw error;
  }
}

/** Whether the end of a step may be deferred: it published nothing, so nobody else waits for it. */
function mayWait(run: Run, { status, durationMs }: StepState, records: readonly LineageRecord[]): boolean {
  return records.length === 0 && status === 'succeeded' && run.deferred.allows(durationMs, besideOthers(run));
}

/** What a step published is committed at once, with what waits. */
async function commitStep(run: Run, records: readonly LineageRecord[]): Promise<void> {
  const waiting = run.deferred.take();
  try {
    const all = [...waiting, ...records];
    const results = await commitRecords(all);
    noteTaints(run, all, results);
    const marks = marksOfMade(run, all, results);
    if (marks.length > 0 && patched('marks-what-it-made')) await commitRecords(marks);
  } catch (error) {
    run.deferred.restore(waiting);
    throw error;
  }
}

/** Whether another step runs: its end can be committed with this one. */
function besideOthers(run: Run): boolean {
  let running = 0;
  for (const { status } of run.steps.values()) if (status === 'running' && (running += 1) > 1) return true;
  return false;
}

/** An output without the link of its report: the lineage owner, which keeps the record, may move. */
function onRecord({ report, ...output }: StepOutput): StepOutput {
  return report === undefined ? output : { ...output, report: { html: report.html, json: report.json } };
}

/** What is told of a cache; what a key is made of is for the record alone. */
function noteOf({ outcome, key, reason }: CacheRecord): CacheNote {
  return { outcome, reason, ...(key !== undefined && { key }) };
}

/** The record of a step’s end. */
export function stepFinished(
  run: Run,
  state: StepState,
  {
    inputs = [],
    inputModels = [],
    cache,
    reusedFrom,
  }: Pick<StepOutcome<unknown>, 'inputs' | 'inputModels' | 'cache' | 'reusedFrom'> = {},
): LineageRecordOf<'step_finished'> {
  return {
    ...recordBase(run, state.step, state.status),
    kind: 'step_finished',
    type: state.type,
    status: state.status,
    startedAt: state.startedAt,
    summary: state.summary,
    code: state.code,
    inputs,
    inputModels: inputModels.map(modelRefOf),
    ...(state.status === 'succeeded' && { output: onRecord(state.output) }),
    ...(reusedFrom !== undefined && { reusedFrom }),
    ...(cache !== undefined && { cache }),
  };
}
