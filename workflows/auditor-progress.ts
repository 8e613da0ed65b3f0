import type { AuditorProgress } from '../schemas/index.js';
import { cell } from './markdown.js';

/** Gaps that are shown; the details of an execution have a limit. */
const SHOWN = 50;

/** An audit as Markdown for the Temporal UI: what was gone through, and the gaps. */
export function auditorMarkdown({ dryRun, check, checked, found, repaired, open, gaps }: AuditorProgress): string {
  const lines = [
    `**${check === null ? 'ended' : `going through ${check}`}**${dryRun ? ', nothing is written' : ''}: ${found} gaps, ${repaired} repaired, ${open} for a person to look at`,
    '',
    '| gone through | count |',
    '|---|---|',
    ...Object.entries(checked).map(([name, count]) => `| ${name} | ${count} |`),
    '',
  ];
  if (gaps.length === 0) return lines.join('\n');
  return [
    ...lines,
    '| gap | what | state | particulars |',
    '|---|---|---|---|',
    ...gaps
      .slice(0, SHOWN)
      .map(({ kind, subject, state, message }) => `| ${kind} | ${cell(subject)} | ${state} | ${cell(message)} |`),
  ].join('\n');
}
