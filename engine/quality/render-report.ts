import type { CheckResult, QualityReport } from '../../schemas/quality-report.js';

/** The report as a small Markdown table, for the Temporal UI and the terminal. */
export function renderReportMarkdown(report: QualityReport): string {
  const head = `**${report.verdict}**: ${report.checks.length} checks on ${report.rows} rows in ${Math.round(report.durationMs)} ms`;
  const rows = report.checks.map((check) => {
    const failing = check.status === 'error' ? '' : String(check.failing);
    const observed = check.status === 'error' ? (check.message ?? '') : observedText(check);
    return `| ${[check.status, check.name, check.threshold, observed, failing].map(cell).join(' | ')} |`;
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

function observedText(check: CheckResult): string {
  const { observed } = check;
  if (observed === null) return 'nothing';
  if (typeof observed === 'string') return observed;
  return typeof observed === 'number' && check.column !== null ? percent(observed) : JSON.stringify(observed);
}

/** A share as a percentage that is 100 or 0 only where it is exactly that. */
function percent(share: number): string {
  if (share === 0 || share === 1) return `${share * 100} %`;
  return `${Math.min(99.99, Math.max(0.01, share * 100)).toFixed(2)} %`;
}

function cell(text: string): string {
  return text.replace(/[\r\n]+/g, ' ').replace(/\|/g, '\\|');
}
