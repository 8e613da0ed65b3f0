import { formatDuration } from '../schemas/duration.js';
import type { RunProgress, RunResult, StepState, StepStatus } from '../schemas/run.js';

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

/** The result of a run: verdict first, then the steps. */
export function inWords(result: RunResult): string {
  const head = `${result.verdict}: ${result.reason} ${result.message}`;
  const about = `${result.pipeline} ${result.partition}, ${formatDuration(result.durationMs)}, run ${result.runId}`;
  return [head, about, ...result.steps.map((step) => `  ${stepLine(step)}`)].join('\n');
}

function stepLine(step: StepState): string {
  const time = step.durationMs === null ? '' : ` ${formatDuration(step.durationMs)}`;
  const code = step.code === null ? '' : ` [${step.code}]`;
  const summary = step.summary === '' ? '' : `  ${step.summary}`;
  return `${SIGNS[step.status]} ${step.step} ${step.status}${time}${code}${summary}`;
}
