import type { CheckResult, QualityReport } from '../../../schemas/quality-report.js';
import type { DatasetProfile } from '../profile/profile.js';
import { columnChart } from './charts.js';
import { columnFacts } from './column-facts.js';
import { html, Markup, type Content } from './markup.js';
import { data, facts, page, statusMark, table } from './page.js';
import {
  countText,
  durationText,
  failingText,
  observedText,
  shortened,
  tallyText,
  valueText,
  visible,
} from './words.js';

/** What a page on a check shows besides the report. */
export interface CheckPageOptions {
  /** What was checked: a file’s name, or a dataset and its version. */
  subject: string;
  /** When. */
  checkedAt?: Date | undefined;
  /** Statistics of what was checked; its columns are drawn. */
  profile?: DatasetProfile | undefined;
  /** References that checks of drift compared with, by the name of the check; drawn over the current data. */
  references?: Readonly<Record<string, DatasetProfile>> | undefined;
}

const VERDICT_WORDS: Readonly<Record<QualityReport['verdict'], string>> = {
  pass: 'passed',
  warn: 'passed with warnings',
  fail: 'failed',
  error: 'could not be judged',
};

/** Longest value of a failing row that a page shows. */
const LONGEST_VALUE = 200;

/** A report as one HTML page that needs nothing else: verdict, checks, failing rows, and the columns’ distributions. */
export function renderCheckPage(report: QualityReport, options: CheckPageOptions): string {
  const { subject, checkedAt, profile, references = {} } = options;
  const troubled = report.checks
    .map((check, index) => ({ check, index }))
    .filter(({ check }) => check.status !== 'pass' || references[check.name] !== undefined);
  const drawn = new Set(report.checks.flatMap(({ column }) => column?.split(', ') ?? []));
  const columns = profile?.columns.filter(({ name }) => drawn.has(name)) ?? [];
  return page(`${VERDICT_WORDS[report.verdict]}: quality of ${subject}`, [
    html`<h1>Quality of ${data(subject)}</h1>
      <p><span class="verdict ${report.verdict}">${statusMark(report.verdict, VERDICT_WORDS[report.verdict])}</span></p>
      <p>${tallyText(report)}</p>`,
    facts([
      ['rows', countText(report.rows)],
      ['checked in', durationText(report.durationMs)],
      ...(checkedAt === undefined ? [] : [['at', checkedAt.toISOString()] as const]),
    ]),
    troubled.length > 0 && html`<h2>Findings</h2>`,
    troubled.map(({ check, index }) => finding(check, index, profile, references[check.name])),
    html`<h2>All checks</h2>`,
    checksTable(report.checks),
    columns.length > 0 &&
      html`<h2>Columns</h2>
        <div class="grid">
          ${columns.map(
            (column, i) =>
              html`<section class="card">
                <h3>${data(column.name)}</h3>
                ${columnFacts(column)} ${columnChart({ current: column, id: `c${i}` })}
              </section>`,
          )}
        </div>`,
  ]);
}

function checksTable(checks: readonly CheckResult[]): Markup {
  const columns = [{ head: 'Check' }, { head: 'Status' }, { head: 'Observed' }];
  const rows = checks.map((check) => [
    [data(check.name), html`<span class="rule">${data(check.threshold)}${severityNote(check)}</span>`],
    statusMark(check.status),
    [
      data(shortened(observedText(check), LONGEST_VALUE)),
      check.failing > 0 && html`<span class="rule">${failingText(check)} fail</span>`,
    ],
  ]);
  return table('checks', 'Every check in the order of the suite, with its rule', columns, rows);
}

function severityNote({ severity }: CheckResult): Content {
  return severity !== 'error' && ` (severity ${severity})`;
}

function finding(
  check: CheckResult,
  index: number,
  profile: DatasetProfile | undefined,
  reference: DatasetProfile | undefined,
): Markup {
  return html`<section class="card">
    <h3>${data(check.name)}</h3>
    <p>${statusMark(check.status)} <span class="muted">${data(check.threshold)}</span></p>
    ${check.message !== undefined && html`<p>${data(check.message)}</p>`} ${observedLine(check)}
    ${examplesTable(check, index)} ${profile && reference && overlays(check, index, profile, reference)}
  </section>`;
}

function observedLine(check: CheckResult): Content {
  if (check.failing > 0) return html`<p>${failingText(check)} rows fail.</p>`;
  const known = check.status === 'error' || check.status === 'skip';
  return !known && html`<p>Observed: ${data(shortened(observedText(check), LONGEST_VALUE))}</p>`;
}

/** The columns of a check of drift, each laid over that of the reference. */
function overlays(check: CheckResult, index: number, profile: DatasetProfile, reference: DatasetProfile): Content {
  const named = check.column?.split(', ');
  const charts = profile.columns
    .filter(({ name }) => named === undefined || named.includes(name))
    .flatMap((current, i) => {
      const before = reference.columns.find(({ name }) => name === current.name);
      if (before?.domain !== current.domain) return [];
      const chart = columnChart({ current, reference: before, id: `f${index}-${i}` });
      return chart instanceof Markup
        ? [
            html`<div>
              <h4>${data(current.name)}</h4>
              ${chart}
            </div>`,
          ]
        : [];
    });
  return charts.length > 0 && html`<div class="grid">${charts}</div>`;
}

/** Failing rows: where each is, its key columns, and the value that fails. */
function examplesTable({ name, examples, failing }: CheckResult, index: number): Content {
  if (examples.length === 0) return undefined;
  const keysOf = (example: CheckResult['examples'][number]) =>
    typeof example.keys === 'object' && example.keys !== null && !Array.isArray(example.keys) ? example.keys : {};
  const keys = [...new Set(examples.flatMap((example) => Object.keys(keysOf(example))))];
  const files = new Set(examples.map(({ file }) => file));
  const shown = (value: CheckResult['observed'] | undefined) =>
    data(shortened(visible(valueText(value)), LONGEST_VALUE));
  const columns = [
    { head: 'Row', number: true },
    ...(files.size > 1 ? [{ head: 'File' }] : []),
    ...keys.map((head) => ({ head })),
    { head: 'Value' },
  ];
  const rows = examples.map((example) => [
    valueText(example.row),
    ...(files.size > 1 ? [shown(example.file)] : []),
    ...keys.map((key) => shown(keysOf(example)[key])),
    shown(example.value),
  ]);
  const some = examples.length < failing ? `${examples.length} of ${countText(failing)} failing rows` : 'Failing rows';
  return table(`e${index}`, `${some} of ${name}; rows are counted from 0`, columns, rows);
}
