import type { QualityReport } from '../../../schemas/quality-report.js';
import { countText, durationText, failingText, observedText, visible } from './words.js';

/** The report as a small Markdown table, for the Temporal UI and the terminal. */
export function renderReportMarkdown(report: QualityReport): string {
  const head = `**${report.verdict}**: ${report.checks.length} checks on ${countText(report.rows)} rows in ${durationText(report.durationMs)}`;
  const rows = report.checks.map((check) => {
    return `| ${[check.status, check.name, check.threshold, observedText(check), failingText(check)].map(cell).join(' | ')} |`;
  });
  return [head, '', '| status | check | rule | observed | failing |', '|---|---|---|---|---:|', ...rows].join('\n');
}

/** One line with each check that did not pass, its count and an example; empty where all passed. */
export function summarizeFailures(report: QualityReport): string {
  return report.checks
    .filter((check) => check.status !== 'pass' && check.status !== 'skip')
    .map((check) => {
      if (check.status === 'error') return `${check.name} could not run: ${check.message ?? ''}`;
      if (check.failing === 0) return `${check.name}: ${observedText(check)}, must be ${check.threshold}`;
      const [example] = check.examples;
      const shown = example ? `, as ${JSON.stringify(example.value)} in row ${JSON.stringify(example.row)}` : '';
      return `${check.name}: ${check.failing} of ${check.total} rows fail${shown}`;
    })
    .join('; ')
    .replace(/\s+/g, ' ');
}

function cell(text: string): string {
  return visible(text).replace(/[|\\`<]/g, '\\$&');
}
