import type { InboxStatus, TriggerOutcome } from '../schemas/index.js';
import { cell } from './progress.js';

const SHOWN = 30;

/** An inbox as Markdown for the Temporal UI. */
export function inboxMarkdown(
  { pipeline, watching, waiting }: InboxStatus,
  counts: Readonly<Record<TriggerOutcome, number>>,
): string {
  const counted = Object.entries(counts).map(([outcome, count]) => `${count} ${outcome}`);
  const head = `**${pipeline}**: ${counted.join(', ')}, ${waiting.length} waiting${watching ? '; watching' : ''}`;
  if (waiting.length === 0) return head;
  const rows = waiting
    .slice(0, SHOWN)
    .map(({ trigger, subject, receivedAt, waitsFor }) =>
      [trigger, cell(subject), receivedAt, cell(waitsFor)].join(' | '),
    );
  return [
    head,
    '',
    '| trigger | event | since | waits for |',
    '|---|---|---|---|',
    ...rows.map((row) => `| ${row} |`),
  ].join('\n');
}
