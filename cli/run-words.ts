import type { RunWork } from '../client/run-work.js';
import { formatDuration } from '../schemas/duration.js';
import type { RunDetails, RunSummary } from '../schemas/lineage-api.js';
import { isPoolWait } from '../schemas/pool.js';
import type { RunProgress, RunResult, StepState, StepStatus } from '../schemas/run.js';
import { oneLine } from '../schemas/one-line.js';
import type { OpenExecution } from './open-executions.js';

/** What a run waits for, as far as a table has room for it. */
const WAIT_LENGTH = 60;

const SIGNS: Record<StepStatus, string> = {
  pending: '.',
  running: '>',
  waiting: '?',
  succeeded: '+',
  refused: '!',
  failed: 'x',
  skipped: '-',
};

/** One line a step whose status is another than the one seen before; steps that still wait are not told of. */
export function changedSteps(progress: RunProgress, seen: ReadonlyMap<string, string>): string[] {
  return progress.steps
    .filter((step) => step.status !== 'pending' && seen.get(step.step) !== step.status)
    .map((step) => stepLine(step));
}

/** What goes on at the moment, in one line. */
export function phaseLine(progress: RunProgress): string {
  const running = progress.steps.filter((step) => step.status === 'running').map((step) => step.step);
  const done = progress.steps.filter((step) => step.status !== 'running' && step.status !== 'pending').length;
  const count = progress.steps.length === 0 ? '' : ` ${done}/${progress.steps.length}`;
  const what = running.length === 0 ? progress.phase : running.join(', ');
  return `${progress.pipeline}${progress.partition === '' ? '' : ` ${progress.partition}`}${count}: ${what}`;
}

/** How far one thing that works for a run is, and what an attempt before failed with. */
export function workLine({ activity, attempt, progress, problem }: RunWork): string {
  const again = problem === null ? '' : `; attempt ${attempt}, the one before failed with ${oneLine(problem)}`;
  return `${activity}: ${progress ?? 'no word yet'}${again}`;
}

/** The result of a run: verdict first, then the steps. */
export function inWords(result: RunResult): string {
  const head = `${result.verdict}: ${result.reason} ${result.message}`;
  const about = `${result.pipeline} ${result.partition}, ${formatDuration(result.durationMs)}, run ${result.runId}`;
  return [head, about, ...result.steps.map((step) => `  ${stepLine(step)}`)].join('\n');
}

/**
 * A run on record: what is known of it, and its steps.
 * @param progress of one that is under way, where a worker told it
 * @param work of one that is under way: what works for it
 * @param ended how it ended in Temporal, where the record does not know it
 */
export function detailsInWords(
  run: RunDetails,
  progress: RunProgress | null,
  work: readonly RunWork[] = [],
  ended?: string,
): string {
  const { pipeline, partition, verdict, reason, message, startedAt, finishedAt, requestedBy, runId } = run;
  const open =
    ended === undefined
      ? underWayInWords(progress)
      : `${lost(ended)}: it ended in Temporal without an end on record; millrace auditor adds it, and does so each hour`;
  const head = verdict === null ? open : `${verdict}: ${reason} ${message}`;
  const took = finishedAt === null ? '' : `, ${between(startedAt, finishedAt)}`;
  const about = `${pipeline} ${partition}, started ${startedAt} by ${requestedBy}${took}, run ${runId}`;
  const steps = progress?.steps ?? run.steps.map((step) => ({ ...step, durationMs: durationOf(step) }));
  return [
    ...[head, about, ...steps.map((step) => `  ${stepLine(step)}`)],
    ...work.map((one) => `    ${workLine(one)}`),
  ].join('\n');
}

function underWayInWords(progress: RunProgress | null): string {
  if (progress === null) return 'running: no worker answers';
  const waits = waitInWords(progress);
  return waits === undefined ? `running: ${progress.phase}` : `waiting: ${waits}`;
}

/** A run as cells of a table: pipeline, partition, verdict, reason or what it waits for, start, duration. */
export function summaryCells(run: RunSummary & OpenExecution): string[] {
  const { pipeline, partition, verdict, reason, startedAt, finishedAt, execution, waitsFor } = run;
  const took = finishedAt === null ? '' : between(startedAt, finishedAt);
  const open = execution === undefined ? (waitsFor === undefined ? 'running' : 'waiting') : lost(execution);
  return [
    pipeline,
    partition,
    verdict ?? open,
    reason ?? oneLine(waitsFor ?? '').slice(0, WAIT_LENGTH),
    startedAt,
    took,
  ];
}

/** What a run waits for, as in `board: waits for approve or reject`; undefined where a step of it works, or none has begun. */
export function waitInWords({ steps }: RunProgress): string | undefined {
  const waits = (step: StepState) => step.status === 'waiting' || isPoolWait(step.summary);
  const under = steps.filter((step) => step.status === 'running' || step.status === 'waiting');
  if (under.length === 0 || !under.every(waits)) return undefined;
  return under.map(({ step, summary }) => `${step}: ${summary}`).join('; ');
}

/** A status of Temporal as it is written for people. */
function lost(ended: string): string {
  return ended.toLowerCase().replaceAll('_', ' ');
}

function between(from: string, to: string): string {
  return formatDuration(Date.parse(to) - Date.parse(from));
}

function durationOf({ startedAt, finishedAt }: RunDetails['steps'][number]): number | null {
  return startedAt === null ? null : Date.parse(finishedAt) - Date.parse(startedAt);
}

function stepLine(step: Pick<StepState, 'step' | 'status' | 'durationMs' | 'code' | 'summary'>): string {
  const time = step.durationMs === null ? '' : ` ${formatDuration(step.durationMs)}`;
  const code = step.code === null ? '' : ` [${step.code}]`;
  const summary = step.summary === '' ? '' : `  ${oneLine(step.summary)}`;
  return `${SIGNS[step.status]} ${step.step} ${step.status}${time}${code}${summary}`;
}
