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

/** A length of time as people read it: `840 ms`, `12.3 s`, `4 min 05 s`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const tenths = Math.round(ms / 100) / 10;
  if (tenths < 60) return `${tenths.toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`;
}

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
  const about = `${result.pipeline} ${result.partition}, ${duration(result.durationMs)}, run ${result.runId}`;
  return [head, about, ...result.steps.map((step) => `  ${stepLine(step)}`)].join('\n');
}

function stepLine(step: StepState): string {
  const time = step.durationMs === null ? '' : ` ${duration(step.durationMs)}`;
  const code = step.code === null ? '' : ` [${step.code}]`;
  const summary = step.summary === '' ? '' : `  ${step.summary}`;
  return `${SIGNS[step.status]} ${step.step} ${step.status}${time}${code}${summary}`;
}
