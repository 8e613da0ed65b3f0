import type { ArmMeasurement, RolloutProgress } from '../schemas/index.js';

/** A rollout as a Markdown table for the Temporal UI: one row an analysis. */
export function rolloutMarkdown({ endpoint, candidate, phase, analyses }: RolloutProgress): string {
  const rows = analyses.map((analysis) =>
    [
      `${analysis.weight} %`,
      analysis.verdict,
      analysis.reason,
      arm(analysis.stable),
      arm(analysis.canary),
      cell(analysis.message),
    ].join(' | '),
  );
  return [
    `**${endpoint}**, candidate v${candidate}: ${phase}`,
    '',
    '| weight | verdict | reason | stable | canary | figures |',
    '|---|---|---|---|---|---|',
    ...rows.map((row) => `| ${row} |`),
  ].join('\n');
}

/** What a model server said may hold what would end a cell or a row. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|').replace(/\s+/g, ' ');
}

function arm(measured: ArmMeasurement | null): string {
  if (measured === null) return '';
  const latency = measured.latencyMs === null ? '' : `, ${measured.latencyMs.toFixed(1)} ms`;
  return `${measured.requests} requests, ${measured.errors} errors${latency}`;
}
