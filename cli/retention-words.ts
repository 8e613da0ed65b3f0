import Table from 'cli-table3';
import type { RetentionDecision } from '../engine/datasets/index.js';
import type { MarkInForce } from '../schemas/mark.js';

/** Versions that are listed; the rest is counted, and all are in the JSON. */
const SHOWN = 200;

export function marksInWords(marks: readonly MarkInForce[]): string {
  if (marks.length === 0) return 'nothing is pinned, on hold or tainted';
  const table = new Table({ head: ['mark', 'on', 'by', 'since', 'until', 'why'] });
  for (const { mark, on, by, at, until, reason } of marks) table.push([mark, on, by, at, until ?? '', reason]);
  return table.toString();
}

export function retentionInWords({
  dryRun,
  versions,
}: {
  dryRun: boolean;
  versions: readonly RetentionDecision[];
}): string {
  const gone = versions.filter(({ action }) => action === 'remove');
  const bytes = gone.reduce((sum, { ref }) => sum + ref.bytes, 0);
  const table = new Table({ head: ['dataset', 'partition', 'version', dryRun ? 'would' : 'did', 'why'] });
  const shown = [...gone, ...versions.filter(({ action }) => action === 'keep')].slice(0, SHOWN);
  for (const { ref, action, reasons } of shown) {
    const why = reasons.map(({ reason, message }) => `${reason}: ${message}`).join('\n');
    table.push([ref.dataset, ref.partition, ref.version.slice(0, 12), action === 'remove' ? 'go' : 'stay', why]);
  }
  const more = versions.length - shown.length;
  return [
    ...(shown.length > 0 ? [table.toString()] : []),
    ...(more > 0 ? [`and ${more} more: --json`] : []),
    `${gone.length} of ${versions.length} versions (${(bytes / 1e6).toFixed(1)} MB) ${dryRun ? 'would go' : 'went'}`,
  ].join('\n');
}
