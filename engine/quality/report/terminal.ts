import type { DriftReport } from '../../../schemas/drift.js';
import type { CheckResult, QualityReport } from '../../../schemas/quality-report.js';
import type { DatasetProfile } from '../profile/profile.js';
import { columnStatistics } from './column-facts.js';
import { driftWord, pText } from './drift-page.js';
import { textTable } from './text-table.js';
import {
  countText,
  durationText,
  failingText,
  numberText,
  observedText,
  percentText,
  shortened,
  STATUS_SIGNS,
  STATUS_WORDS,
  tallyText,
  valueText,
  visible,
  type Json,
} from './words.js';

/** Where a report is printed. */
export interface TerminalOptions {
  /** Characters in a line. */
  width: number;
  /** Whether escape sequences for colours are understood. */
  color: boolean;
}

const COLORS: Readonly<Record<CheckResult['status'], number>> = { pass: 32, warn: 33, fail: 31, error: 35, skip: 2 };

/** Failing rows that are shown of one check. */
const EXAMPLES = 3;

/** Characters of a value that are shown; `--json` and `--html` have more. */
const EXAMPLE_LENGTH = 400;

/** A quality report for a terminal: each check, some failing rows of each that found any, and the verdict last, where one looks. */
export function renderCheckTable(report: QualityReport, { width, color }: TerminalOptions): string {
  const { checks } = report;
  const status = (text: string, row: number) => painted(text, checks[row]!.status, color);
  const rows = checks.map((check) => [
    `${STATUS_SIGNS[check.status]} ${STATUS_WORDS[check.status]}`,
    check.name,
    check.threshold,
    observedText(check),
    failingText(check),
  ]);
  const columns = [
    { head: 'status', paint: status },
    { head: 'check', names: true },
    { head: 'rule' },
    { head: 'observed' },
    { head: 'failing', number: true },
  ];
  const notes = checks.flatMap((check) => notesOf(check));
  const pace =
    report.durationMs > 0 ? `, ${countText(Math.round(report.rows / (report.durationMs / 1000)))} rows/s` : '';
  const verdict = painted(report.verdict, report.verdict, color);
  return [
    textTable(columns, rows, width),
    ...(notes.length === 0 ? [] : ['', ...notes]),
    '',
    `${verdict}: ${tallyText(report)}; ${countText(report.rows)} rows in ${durationText(report.durationMs)}${pace}`,
  ].join('\n');
}

/** What the table has no room for: why a check could not run, and failing rows. */
function notesOf({ name, status, message, examples }: CheckResult): string[] {
  const said = message === undefined || status === 'pass' ? [] : [`  ${visible(message)}`];
  const rows = examples.slice(0, EXAMPLES).map(({ row, file, value, keys }) => {
    const where = `row ${valueText(row)}${file === undefined ? '' : ` of ${valueText(file)}`}`;
    const known = Object.entries((keys ?? {}) as Record<string, Json>).map(
      ([key, text]) => `${key}=${valueText(text)}`,
    );
    return `  ${visible([where, ...known].join(' '))}: ${shortened(visible(valueText(value)), EXAMPLE_LENGTH)}`;
  });
  return said.length + rows.length === 0 ? [] : [visible(name), ...said, ...rows];
}

/** A profile for a terminal: a line a column. */
export function renderProfileTable({ rows, columns }: DatasetProfile, { width }: TerminalOptions): string {
  const statistics = columns.map((column) => new Map(columnStatistics(column)));
  const shown = ['type', 'nulls', 'NaN', 'infinite', 'distinct', 'least', 'greatest', 'mean', 'deviation'].filter(
    (name) => statistics.some((known) => known.has(name)),
  );
  const heads = [{ head: 'column', names: true }, ...shown.map((head) => ({ head, number: COUNTED.has(head) }))];
  const cells = columns.map(({ name }, i) => [name, ...shown.map((statistic) => statistics[i]!.get(statistic) ?? '')]);
  return `${textTable(heads, cells, width)}\n\n${countText(rows)} rows, ${countText(columns.length)} columns`;
}

const COUNTED = new Set(['nulls', 'NaN', 'infinite', 'distinct', 'mean', 'deviation']);

/** A drift report for a terminal: a line a column, and the verdict last. */
export function renderDriftTable(report: DriftReport, { width, color }: TerminalOptions): string {
  const statusOf = (drifted: boolean | null) => (drifted === null ? 'skip' : drifted ? 'fail' : 'pass');
  const number = (value: number | null) => (value === null ? '' : numberText(value));
  const columns = [
    {
      head: 'finding',
      paint: (cell: string, row: number) => painted(cell, statusOf(report.columns[row]!.drifted), color),
    },
    { head: 'column', names: true },
    { head: 'method' },
    { head: 'effect', number: true },
    { head: 'limit', number: true },
    { head: 'p', number: true },
    { head: 'new' },
    { head: 'vanished' },
  ];
  const rows = report.columns.map((drift) => [
    `${STATUS_SIGNS[statusOf(drift.drifted)]} ${driftWord(drift)}`,
    drift.column,
    drift.method ?? '',
    number(drift.effect),
    number(drift.threshold),
    drift.pAdjusted === null ? '' : pText(drift.pAdjusted),
    named(drift.newCategories, drift.newCategoryCount),
    named(drift.vanishedCategories, drift.vanishedCategoryCount),
  ]);
  const unmeasured = report.columns.filter(({ effect }) => effect === null);
  const share = report.driftShare === null ? 'no column could be compared' : percentText(report.driftShare);
  return [
    textTable(columns, rows, width),
    ...(unmeasured.length === 0
      ? []
      : ['', ...unmeasured.map(({ column, message }) => visible(`${column} ${message}`))]),
    '',
    `${painted(report.verdict, report.verdict, color)}: ${report.driftedColumns} of ${report.comparedColumns} columns drifted (${share}, limit ${percentText(report.driftShareLimit)})`,
  ].join('\n');
}

function named(categories: readonly string[], count: number): string {
  if (count === 0) return '';
  const [first, ...others] = categories.map((name) => (name === '' ? '""' : name));
  return count === 1 ? first! : `${count}: ${[first, ...others].slice(0, 3).join(', ')}${count > 3 ? ', …' : ''}`;
}

function painted(text: string, status: CheckResult['status'], color: boolean): string {
  return color ? `\u001b[${COLORS[status]}m${text}\u001b[0m` : text;
}
