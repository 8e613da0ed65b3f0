import type { RetentionDecision } from '../engine/datasets/index.js';
import type { MarkInForce } from '../schemas/mark.js';
import { plainTable, sizeInWords } from './plain-table.js';

/** Versions that are listed; the rest is counted, and all are in the JSON. */
const SHOWN = 200;

export function marksInWords(marks: readonly MarkInForce[]): string {
  if (marks.length === 0) return 'nothing is pinned, on hold or tainted';
  return plainTable(
    ['mark', 'on', 'by', 'since', 'until', 'why'],
    marks.map(({ mark, on, by, at, until, reason }) => [mark, on, by, at, until ?? '', reason]),
  );
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
  const shown = [...gone, ...versions.filter(({ action }) => action === 'keep')].slice(0, SHOWN);
  const rows = shown.map(({ ref, action, reasons }) => {
    const why = reasons.map(({ reason, message }) => `${reason}: ${message}`).join('\n');
    return [ref.dataset, ref.partition, ref.version.slice(0, 12), action === 'remove' ? 'go' : 'stay', why];
  });
  const head = ['dataset', 'partition', 'version', dryRun ? 'would' : 'did', 'why'];
  const more = versions.length - shown.length;
  return [
    ...(shown.length > 0 ? [plainTable(head, rows)] : []),
    ...(more > 0 ? [`and ${more} more: --json`] : []),
    `${gone.length} of ${versions.length} versions (${sizeInWords(bytes)}) ${dryRun ? 'would go' : 'went'}`,
  ].join('\n');
}
