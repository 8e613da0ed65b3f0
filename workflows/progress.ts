import { formatDuration, shortVersion, type RunProgress, type StepState, type StepStatus } from '../schemas/index.js';
import { cell, inline } from './markdown.js';

const MARKS: Record<StepStatus, string> = {
  pending: '· pending',
  running: '▶ running',
  waiting: '⏸ waiting',
  succeeded: '✔ succeeded',
  refused: '✘ refused',
  failed: '✘ failed',
  skipped: '– skipped',
};

/** Steps that are all shown; of more, those that failed, were refused, were left out or wait. */
const SHOWN_STEPS = 60;

/**
 * A run as a Markdown table for the Temporal UI: one row a step, with its type, duration, what it says and its version. Few columns,
 * as the UI leaves it half of the window.
 */
export function progressMarkdown(progress: RunProgress): string {
  const shown = shownSteps(progress.steps);
  const rows = shown.map((state) =>
    [
      `${state.step} (${state.type})`,
      [MARKS[state.status], ...(state.durationMs === null ? [] : [formatDuration(state.durationMs)])].join(', '),
      result(state),
    ].join(' | '),
  );
  return [
    `**${progress.pipeline}** for **${inline(progress.partition)}**: ${inline(progress.phase)}`,
    '',
    '| step | status | result |',
    '|---|---|---|',
    ...rows.map((row) => `| ${row} |`),
    ...(shown.length < progress.steps.length ? ['', counted(progress.steps)] : []),
  ].join('\n');
}

/** Of many steps only those that somebody has to look at: details have a limit, and are made anew at each change. */
function shownSteps(steps: readonly StepState[]): readonly StepState[] {
  if (steps.length <= SHOWN_STEPS) return steps;
  const telling = steps.filter(({ status }) => status !== 'pending' && status !== 'succeeded' && status !== 'running');
  return telling.slice(0, SHOWN_STEPS);
}

function counted(steps: readonly StepState[]): string {
  const counts = new Map<StepStatus, number>();
  for (const { status } of steps) counts.set(status, (counts.get(status) ?? 0) + 1);
  return `${steps.length} steps: ${[...counts].map(([status, count]) => `${count} ${status}`).join(', ')}`;
}

/** What a step says, after the link to the report of a check, which a long text would push out of sight. */
function result(state: StepState): string {
  const { output, summary } = state;
  const link = output.report?.link;
  const made = version(state);
  return [
    ...(link === undefined ? [] : [`[report](${link})`]),
    ...(summary === '' ? [] : [cell(summary)]),
    ...(made === '' || summary.includes(made) ? [] : [cell(`(${made})`)]),
  ].join(' ');
}

function version({ output }: StepState): string {
  if (output.modelVersion !== undefined) return `${output.modelVersion.model} v${output.modelVersion.version}`;
  if (output.dataset !== undefined) return shortVersion(output.dataset.version);
  return output.model === undefined ? '' : shortVersion(output.model.digest);
}
