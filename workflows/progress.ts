import { formatDuration, shortVersion, type RunProgress, type StepState, type StepStatus } from '../schemas/index.js';

const MARKS: Record<StepStatus, string> = {
  pending: '· pending',
  running: '▶ running',
  waiting: '⏸ waiting',
  succeeded: '✔ succeeded',
  refused: '✘ refused',
  failed: '✘ failed',
  skipped: '– skipped',
};

/** A run as a Markdown table for the Temporal UI: one row a step, with duration, version and what it says. */
export function progressMarkdown(progress: RunProgress): string {
  const rows = progress.steps.map((state) =>
    [
      state.step,
      state.type,
      MARKS[state.status],
      state.durationMs === null ? '' : formatDuration(state.durationMs),
      version(state),
      cell(state.summary) + reportLink(state),
    ].join(' | '),
  );
  return [
    `**${progress.pipeline}** for **${progress.partition}**: ${progress.phase}`,
    '',
    '| step | type | status | duration | version | result |',
    '|---|---|---|---|---|---|',
    ...rows.map((row) => `| ${row} |`),
  ].join('\n');
}

/** Where a browser shows the report of a check. */
function reportLink({ output }: StepState): string {
  return output.report?.link === undefined ? '' : ` [report](${output.report.link})`;
}

function version({ output }: StepState): string {
  if (output.modelVersion !== undefined) return `${output.modelVersion.model} v${output.modelVersion.version}`;
  if (output.dataset !== undefined) return shortVersion(output.dataset.version);
  return output.model === undefined ? '' : shortVersion(output.model.digest);
}

/** Text that cannot break out of its cell. */
export function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ').slice(0, 300);
}
