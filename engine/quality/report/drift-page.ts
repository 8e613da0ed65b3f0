import type { ColumnDrift, DriftReport } from '../../../schemas/drift.js';
import type { DatasetProfile } from '../profile/profile.js';
import { columnChart } from './charts.js';
import { html, type Content, type Markup } from './markup.js';
import { data, facts, page, statusMark, table } from './page.js';
import { countText, numberText, percentText, shortened, visible } from './words.js';

/** What a page on drift shows besides the report. */
export interface DriftPageOptions {
  /** What was compared with the reference, and what the reference is. */
  subject: { current: string; reference: string };
  /** The profiles that were compared; they are drawn over each other. */
  profiles: { current: DatasetProfile; reference: DatasetProfile };
}

const VERDICTS = {
  pass: ['pass', 'has not drifted'],
  fail: ['fail', 'has drifted'],
  skip: ['skip', 'nothing could be compared'],
} as const;

/** A drift report as one HTML page that needs nothing else; what drifted comes first. */
export function renderDriftPage(report: DriftReport, { subject, profiles }: DriftPageOptions): string {
  const [status, words] = VERDICTS[report.verdict];
  const rank = ({ drifted }: ColumnDrift) => (drifted === true ? 0 : drifted === null ? 1 : 2);
  const sorted = [...report.columns].sort((a, b) => rank(a) - rank(b));
  const of = (profile: DatasetProfile, name: string) => profile.columns.find((column) => column.name === name);
  return page(`${words}: ${subject.current}`, [
    html`<h1>Drift of ${data(subject.current)}</h1>
      <p>from ${data(subject.reference)}</p>
      <p><span class="verdict ${status}">${statusMark(status, words)}</span></p>`,
    facts([
      ['columns drifted', `${report.driftedColumns} of ${report.comparedColumns}`],
      [
        'share',
        `${report.driftShare === null ? 'none' : percentText(report.driftShare)}, limit ${percentText(report.driftShareLimit)}`,
      ],
      ['rows', countText(profiles.current.rows)],
      ['rows of the reference', countText(profiles.reference.rows)],
    ]),
    html`<h2>All columns</h2>`,
    driftTable(sorted),
    html`<h2>Each column</h2>
      <div class="grid">
        ${sorted.map((drift, i) => {
          const current = of(profiles.current, drift.column);
          const reference = of(profiles.reference, drift.column);
          const sameDomain = current !== undefined && current.domain === reference?.domain;
          return html`<section class="card">
            <h3>${data(drift.column)}</h3>
            <p>${driftMark(drift)}</p>
            <p>${data(drift.message)}</p>
            ${categoryNames('New', drift.newCategories, drift.newCategoryCount)}
            ${categoryNames('Vanished', drift.vanishedCategories, drift.vanishedCategoryCount)}
            ${sameDomain && columnChart({ current, reference, id: `d${i}` })}
          </section>`;
        })}
      </div>`,
  ]);
}

/** The word for what was found on a column. */
export function driftWord({ drifted }: Pick<ColumnDrift, 'drifted'>): string {
  return drifted === null ? 'not compared' : drifted ? 'drifted' : 'stable';
}

function driftMark({ drifted }: ColumnDrift): Markup {
  return statusMark(drifted === null ? 'skip' : drifted ? 'fail' : 'pass', driftWord({ drifted }));
}

function driftTable(columns: readonly ColumnDrift[]): Markup {
  const number = (value: number | null) => (value === null ? '' : numberText(value));
  return table(
    'columns',
    'What was measured on every column; p is adjusted over the columns by Benjamini and Hochberg',
    [
      { head: 'Column' },
      { head: 'Finding' },
      { head: 'Method' },
      { head: 'Effect', number: true },
      { head: 'Limit', number: true },
      { head: 'p', number: true },
    ],
    columns.map((drift) => [
      data(drift.column),
      driftMark(drift),
      drift.method ?? '',
      number(drift.effect),
      number(drift.threshold),
      drift.pAdjusted === null ? '' : pText(drift.pAdjusted),
    ]),
  );
}

/** A probability; those too small to matter are not written out. */
export function pText(p: number): string {
  return p < 0.0001 ? '< 0.0001' : String(Number(p.toPrecision(3)));
}

function categoryNames(what: string, names: readonly string[], count: number): Content {
  if (count === 0) return undefined;
  const more = count > names.length ? `, and ${countText(count - names.length)} more` : '';
  const shown = names.map((name) => shortened(visible(name === '' ? '""' : name), 40)).join(', ');
  return html`<p>${what}: ${data(shown)}${more}</p>`;
}
