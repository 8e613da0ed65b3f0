import { formatDuration, type BackfillProgress, type BackfillResult } from '../schemas/index.js';
import { cell, inline, linkTo } from './markdown.js';

/**
 * A backfill as Markdown for the Temporal UI: counts by state, rate and expected end, the last failures with links.
 * @param result once it has ended: its verdict takes the place of the rate, and partitions that did not run are counted too
 */
export function backfillMarkdown(progress: BackfillProgress, result?: BackfillResult): string {
  const { pipeline, range, planned, waiting, running, joined, outcomes } = progress;
  const under = [
    ['waiting', waiting],
    ['running', joined === 0 ? running : `${running}, of which ${joined} joined`],
  ];
  const counts = result === undefined ? [...under, ...Object.entries(outcomes)] : Object.entries(result.counts);
  return [
    `**${pipeline}** for **${cell(range)}**: ${result === undefined ? phase(progress) : ended(result)}`,
    '',
    '| state | partitions |',
    '|---|---|',
    ...counts.map(([state, count]) => `| ${state} | ${count} |`),
    `| **in all** | **${result?.plan.partitions ?? planned}** |`,
    '',
    ...(progress.active.length === 0
      ? []
      : [`Under way: ${progress.active.map(inline).join(', ')}${running > progress.active.length ? ' …' : ''}`, '']),
    ...failures(progress),
  ].join('\n');
}

function ended({ verdict, message, durationMs }: BackfillResult): string {
  return `**${verdict}**; ${inline(message)}; ${formatDuration(durationMs)}`;
}

function phase(progress: BackfillProgress): string {
  const { maxActive, perMinute, expectedEnd, pausedBy, priority } = progress;
  const state = pausedBy === null ? progress.phase : `paused by ${inline(pausedBy)}`;
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
      return `| ${linkTo(partition, workflowId)} | ${code} | ${cell(message)} |`;
    }),
  ];
}
