import type { CheckResult, QualityReport } from '../../../schemas/quality-report.js';
import { escapeMarkup } from './markup.js';
import { countText, observedText, shortened, valueText } from './words.js';

/** What a JUnit report says besides the checks. */
export interface JunitOptions {
  /** What was checked; the name of the test suite. */
  subject: string;
  /** When the check began. */
  checkedAt: Date;
}

/**
 * A report as JUnit XML, in the form that Jenkins, GitLab and others read: a test suite with a test case a check. `fail` is a failure
 * and `error` an error; `warn` is a success, since the run goes on, whose finding is on standard output.
 */
export function renderJunit(report: QualityReport, { subject, checkedAt }: JunitOptions): string {
  const count = (status: CheckResult['status']) => report.checks.filter((check) => check.status === status).length;
  const seconds = (report.durationMs / 1000).toFixed(3);
  const totals = { tests: report.checks.length, failures: count('fail'), errors: count('error') };
  const suite = {
    name: subject,
    ...totals,
    skipped: count('skip'),
    time: seconds,
    // XML Schema’s dateTime as JUnit writes it: without a zone, in UTC.
    timestamp: checkedAt.toISOString().slice(0, 19),
    hostname: 'localhost',
  };
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes({ name: 'millrace check', ...totals, time: seconds })}>`,
    `  <testsuite${attributes(suite)}>`,
    `    <properties>`,
    `      <property${attributes({ name: 'rows', value: report.rows })}/>`,
    `      <property${attributes({ name: 'verdict', value: report.verdict })}/>`,
    `    </properties>`,
    ...report.checks.flatMap((check) => testCase(check, subject)),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function testCase(check: CheckResult, subject: string): string[] {
  // Readers split a class at its dots; that of a file’s name is none.
  const classname = `${subject.replaceAll('.', '_')}.${check.column?.replaceAll('.', '_') ?? 'dataset'}`;
  const open = `    <testcase${attributes({ name: check.name, classname, time: '0' })}`;
  const outcome = outcomeOf(check);
  return outcome === undefined ? [`${open}/>`] : [`${open}>`, `      ${outcome}`, '    </testcase>'];
}

function outcomeOf(check: CheckResult): string | undefined {
  const message = shortened(`${observedText(check) || check.status}, must be ${check.threshold}`, 500);
  switch (check.status) {
    case 'pass':
      return undefined;
    case 'fail':
      return `<failure${attributes({ message, type: check.type })}>${escapeLines(detailsOf(check))}</failure>`;
    case 'error':
      return `<error${attributes({ message: check.message ?? '', type: check.type })}>${escapeLines(detailsOf(check))}</error>`;
    case 'skip':
      return `<skipped${attributes({ message: check.message ?? '' })}/>`;
    case 'warn':
      return `<system-out>${escapeLines([`warned: ${message}`, ...detailsOf(check)])}</system-out>`;
    default:
      return check.status satisfies never;
  }
}

function detailsOf({ threshold, message, failing, total, examples }: CheckResult): string[] {
  return [
    `rule: ${threshold}`,
    ...(message === undefined ? [] : [message]),
    ...(failing === 0 ? [] : [`${countText(failing)} of ${countText(total)} rows fail`]),
    ...examples.map(({ row, file, value, keys }) => {
      const known = keys === undefined ? '' : ` ${valueText(keys)}`;
      return `row ${valueText(row)}${file === undefined ? '' : ` of ${valueText(file)}`}${known}: ${shortened(valueText(value), 200)}`;
    }),
  ];
}

function attributes(entries: Readonly<Record<string, string | number>>): string {
  return Object.entries(entries)
    .map(([name, value]) => ` ${name}="${escapeMarkup(String(value))}"`)
    .join('');
}

const escapeLines = (lines: readonly string[]) => lines.map(escapeMarkup).join('\n');
