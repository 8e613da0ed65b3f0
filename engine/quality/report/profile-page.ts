import type { ColumnProfile, DatasetProfile } from '../profile/profile.js';
import { columnChart } from './charts.js';
import { columnFacts, columnStatistics } from './column-facts.js';
import { html } from './markup.js';
import { data, facts, page, table } from './page.js';
import { countText } from './words.js';

/** What a page on a profile shows besides it. */
export interface ProfilePageOptions {
  /** What was profiled: a file’s name, or a dataset and its version. */
  subject: string;
}

const STATISTICS = ['type', 'nulls', 'NaN', 'distinct', 'least', 'greatest', 'mean', 'deviation'];

/** A profile as one HTML page that needs nothing else: all columns at a glance, and each with its distribution. */
export function renderProfilePage({ rows, columns }: DatasetProfile, { subject }: ProfilePageOptions): string {
  return page(`Profile of ${subject}`, [
    html`<h1>Profile of ${data(subject)}</h1>`,
    facts([
      ['rows', countText(rows)],
      ['columns', countText(columns.length)],
    ]),
    html`<h2>All columns</h2>`,
    table(
      'columns',
      'Statistics of every column; nulls and NaN are part of no other number',
      [{ head: 'Column' }, ...STATISTICS.map((head) => ({ head, number: head !== 'type' }))],
      columns.map((column) => {
        const known = new Map(columnStatistics(column));
        return [data(column.name), ...STATISTICS.map((name) => data(known.get(name) ?? ''))];
      }),
    ),
    html`<h2>Each column</h2>
      <div class="grid">${columns.map(columnCard)}</div>`,
  ]);
}

function columnCard(column: ColumnProfile, index: number) {
  return html`<section class="card">
    <h3>${data(column.name)}</h3>
    ${columnFacts(column)} ${columnChart({ current: column, id: `c${index}` })}
  </section>`;
}
