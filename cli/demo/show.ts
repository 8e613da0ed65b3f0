import Table from 'cli-table3';
import { formatDuration, shortVersion } from '../../schemas/index.js';
import type { DemoReport, NightReport } from './report.js';

/** The nights as a table: night, verdict, reason, versions, duration. */
export function nightsTable({ nights }: DemoReport): string {
  const table = new Table({
    head: ['night', 'verdict', 'reason', 'data', 'model', 'requests', 'duration', 'as it should'],
    style: { head: [], border: [], compact: true },
  });
  for (const night of nights) {
    table.push([
      `${night.name}, ${night.about}`,
      night.verdict,
      night.reason,
      night.datasetVersion === null ? '' : shortVersion(night.datasetVersion),
      night.modelVersion === null ? '' : `v${night.modelVersion}`,
      night.traffic === null ? '' : `${night.traffic.requests}, ${night.traffic.failed} failed`,
      formatDuration(night.durationMs),
      night.asExpected ? 'yes' : 'NO',
    ]);
  }
  return [table.toString(), ...nights.flatMap(explanation)].join('\n');
}

/** Why a night ended as it did: what the gate compared, and the reason of the verdict. */
function explanation({ name, message, evaluation }: NightReport): string[] {
  const gate = evaluation === null || message.includes(evaluation.message) ? [] : [`${name}: ${evaluation.message}`];
  return [...gate, `${name}: ${message}`];
}

/** The serving model down to the dataset versions that it was trained on. */
export function lineageTree({ serving, trainedOn }: DemoReport): string {
  const rows = trainedOn.map(({ partition, version }, index) => {
    const branch = index === trainedOn.length - 1 ? '└─' : '├─';
    return `      ${branch} flight-features ${partition} ${shortVersion(version)}`;
  });
  return [
    `endpoint ${serving.endpoint}`,
    `  └─ model ${serving.endpoint} v${serving.modelVersion}, trained on ${trainedOn.length} dataset versions`,
    ...rows,
  ].join('\n');
}
