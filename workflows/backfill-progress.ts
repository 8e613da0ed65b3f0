import type { BackfillProgress } from '../schemas/index.js';
import { cell } from './progress.js';

/** A backfill as Markdown for the Temporal UI: counts by state, rate and expected end, the last failures with links. */
export function backfillMarkdown(progress: BackfillProgress): string {
  const { pipeline, from, to, planned, waiting, running, joined, outcomes } = progress;
  const counts = [
    ['waiting', waiting],
    ['running', joined === 0 ? running : `${running}, of which ${joined} joined`],
    ...Object.entries(outcomes),
  ];
  return [
    `**${pipeline}** from **${from}** to **${to}**: ${phase(progress)}`,
    '',
    '| state | partitions |',
    '|---|---|',
    ...counts.map(([state, count]) => `| ${state} | ${count} |`),
    `| **in all** | **${planned}** |`,
    '',
    ...(progress.active.length === 0
      ? []
      : [`Under way: ${progress.active.join(', ')}${running > progress.active.length ? ' …' : ''}`, '']),
    ...failures(progress),
  ].join('\n');
}

function phase(progress: BackfillProgress): string {
  const { maxActive, perMinute, expectedEnd, pausedBy, priority } = progress;
  const state = pausedBy === null ? progress.phase : `paused by ${pausedBy}`;
  const limits = `at most ${maxActive} at once, priority ${priority}`;
  const rate = perMinute === null ? '' : `; ${perMinute.toFixed(1)} a minute`;
  const end = expectedEnd === null ? '' : `, expected to end at ${expectedEnd.slice(0, 16).replace('T', ' ')} UTC`;
  return `${state}; ${limits}${rate}${end}`;
}

function failures({ failures }: BackfillProgress): string[] {
  if (failures.length === 0) return [];
  return [
    'Last runs that did not succeed:',
    '',
    '| partition | code | message |',
    '|---|---|---|',
    ...failures.map(({ partition, code, message, workflowId }) => {
      const link = `[${partition}](/namespaces/{namespace}/workflows/${encodeURIComponent(workflowId)})`;
      return `| ${link} | ${code} | ${cell(message)} |`;
    }),
  ];
}
