import Table from 'cli-table3';
import type { BackfillProgress, BackfillResult } from '../schemas/backfill.js';
import { formatDuration } from '../schemas/duration.js';
import { oneLine } from '../schemas/one-line.js';

/** More partitions than this are counted instead of listed; `--json` has them all. */
const LISTED = 100;

/** A plan: what it would do, why, and how long it may take. */
export function planInWords({ message, plan, partitions, partitionsUri }: BackfillResult): string {
  const rows = (partitions ?? []).slice(0, LISTED);
  const table = new Table({ head: ['partition', 'action', 'reason'], style: { head: [], border: [], compact: true } });
  table.push(...rows.map(({ partition, action, reason }) => [partition, action, reason]));
  const expected = [
    plan.expectedRows === null ? [] : [`about ${plan.expectedRows} rows`],
    plan.expectedMs === null ? [] : [`about ${formatDuration(plan.expectedMs)}`],
  ].flat();
  return [
    message,
    ...Object.entries(plan.reasons).map(([reason, count]) => `  ${String(count).padStart(6)} ${reason}`),
    ...(rows.length === 0 ? [] : [table.toString()]),
    ...more(plan.partitions - rows.length, partitionsUri),
    ...(expected.length === 0 ? [] : [`Expected: ${expected.join(', ')}`]),
    `Plan ${plan.hash}`,
  ].join('\n');
}

/** A result: verdict, counts, and what did not succeed. */
export function backfillInWords({
  verdict,
  message,
  counts,
  partitions,
  partitionsUri,
  checks = [],
  durationMs,
}: BackfillResult): string {
  // Of what was skipped, that has a code which was to run, and no longer could.
  const lacking = (partitions ?? []).filter(
    ({ outcome, code }) => code !== null || !['succeeded', 'reused', 'skipped'].includes(outcome),
  );
  return [
    `${verdict}: ${message}, ${formatDuration(durationMs)}`,
    ...Object.entries(counts).map(([outcome, count]) => `  ${String(count).padStart(6)} ${outcome}`),
    ...lacking
      .slice(0, LISTED)
      .map(({ partition, outcome, code, message }) =>
        `  ${partition} ${outcome} ${code ?? ''} ${oneLine(message ?? '')}`.trimEnd(),
      ),
    ...more(lacking.length - LISTED, partitionsUri),
    ...checks.map(
      ({ step, dataset, versions, rows, verdict, report }) =>
        `  ${step} ${verdict}: ${rows} rows of ${versions} partitions of ${dataset}, ${report.html}`,
    ),
  ].join('\n');
}

/** How far a backfill is, in one line. */
export function backfillLine(progress: BackfillProgress): string {
  const { pipeline, phase, planned, waiting, running, outcomes, perMinute, expectedEnd } = progress;
  const ended = planned - waiting - running;
  const bad = Object.entries(outcomes).filter(([outcome]) => outcome !== 'succeeded');
  return [
    `${pipeline} ${ended}/${planned} ${phase}`,
    `${running} running`,
    ...bad.map(([outcome, count]) => `${count} ${outcome}`),
    ...(perMinute === null ? [] : [`${perMinute} a minute`]),
    ...(expectedEnd === null ? [] : [`until ${expectedEnd.slice(0, 19)}Z`]),
  ].join(', ');
}

/** How far a backfill is: its limits, counts by state, what runs, and the last runs that did not succeed. */
export function progressInWords(progress: BackfillProgress): string {
  const { maxActive, priority, waiting, running, joined, outcomes, active, failures, pausedBy } = progress;
  return [
    backfillLine(progress),
    `${pausedBy === null ? '' : `paused by ${pausedBy}; `}at most ${maxActive} at once, priority ${priority}`,
    ...Object.entries({ waiting, running, joined, ...outcomes }).map(
      ([state, count]) => `  ${String(count).padStart(6)} ${state}`,
    ),
    ...(active.length === 0 ? [] : [`under way: ${active.join(', ')}${running > active.length ? ' …' : ''}`]),
    ...failures.map(({ partition, code, message }) => `  ${partition} ${code} ${oneLine(message)}`),
  ].join('\n');
}

function more(count: number, uri: string | null): string[] {
  if (uri !== null) return [`all partitions: ${uri}`];
  return count > 0 ? [`and ${count} more, see --json`] : [];
}
