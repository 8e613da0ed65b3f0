import type { InboxStatus, TriggerOutcome } from '../schemas/index.js';
import { cell } from './markdown.js';

/** Events that are shown; more are counted. */
export const SHOWN_EVENTS = 30;

/**
 * An inbox as Markdown for the Temporal UI.
 * @param total events that wait, of which the status has the first at least
 */
export function inboxMarkdown(
  { pipeline, watching, waiting }: InboxStatus,
  counts: Readonly<Record<TriggerOutcome, number>>,
  total: number,
): string {
  const counted = Object.entries(counts).map(([outcome, count]) => `${count} ${outcome}`);
  const head = `**${pipeline}**: ${counted.join(', ')}, ${total} waiting${watching ? '; watching' : ''}`;
  if (waiting.length === 0) return head;
  const rows = waiting
    .slice(0, SHOWN_EVENTS)
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
