import type { SweepReport, VersionDiff } from '../engine/datasets/index.js';
import type { Column, DatasetManifest } from '../schemas/dataset.js';
import type { DriftReport } from '../schemas/drift.js';
import type { DatasetSummary, DatasetVersionDetails } from '../schemas/lineage-api.js';
import { plainTable, sizeInWords } from './plain-table.js';

const short = (version: string) => version.slice(0, 12);

export function datasetsInWords(datasets: readonly DatasetSummary[]): string {
  if (datasets.length === 0) return 'no dataset is on record';
  return plainTable(
    ['dataset', 'partitions', 'published', 'versions', 'rows', 'written'],
    datasets.map(({ dataset, partitions, published, versions, rows, writtenAt }) => [
      ...[dataset, partitions, published, versions, rows, writtenAt],
    ]),
  );
}

export function versionsInWords(versions: readonly DatasetVersionDetails[]): string {
  const rows = versions.map(({ ref, verdict, published, writtenAt, removedAt, marks }) => {
    const said = [...new Set([...marks.map(({ mark }) => mark), ...(removedAt === null ? [] : ['let go'])])].join(', ');
    const size = sizeInWords(ref.bytes);
    return [
      ...[ref.partition, short(ref.version), ref.rows, size, verdict ?? '', published ? 'yes' : '', writtenAt, said],
    ];
  });
  return plainTable(['partition', 'version', 'rows', 'size', 'checked', 'published', 'written', 'marks'], rows);
}

export function versionInWords(details: DatasetVersionDetails, manifest: DatasetManifest | null): string {
  const { ref, runId, step, writtenAt, published, verdict, removedAt, marks } = details;
  const columns = (manifest?.columns ?? details.columns).map(({ name, type, nullable }) => [
    ...[name, type, nullable ? 'yes' : 'no'],
  ]);
  return [
    `${ref.dataset}/${ref.partition}@${ref.version}`,
    `${ref.rows} rows, ${sizeInWords(ref.bytes)}${manifest === null ? '' : ` in ${manifest.files.length} files`}; ${published ? 'published' : 'not published'}; ${verdict ?? 'never checked'}`,
    `written ${writtenAt} by step ${step} of run ${runId}`,
    ...(removedAt === null ? [] : [`let go by retention ${removedAt}`]),
    ...marks.map(
      ({ mark, on, by, at, until, reason }) =>
        `${mark} on ${on} by ${by}, ${at}${until === null ? '' : ` until ${until}`}: ${reason}`,
    ),
    plainTable(['column', 'type', 'null'], columns),
    ...(manifest?.files ?? []).map(({ uri, rows, bytes }) => `${uri}  ${rows} rows, ${sizeInWords(bytes)}`),
  ].join('\n');
}

export function diffInWords({ columns, rows, changes }: VersionDiff, profile: DriftReport | null): string {
  const lines = [`rows: ${rows.before} -> ${rows.after}`];
  const type = ({ name, type, nullable }: Column) => `${name} ${type}${nullable ? '' : ' not null'}`;
  lines.push(...columns.added.map((column) => `column + ${type(column)}`));
  lines.push(...columns.removed.map((column) => `column - ${type(column)}`));
  lines.push(...columns.changed.map(({ before, after }) => `column ~ ${type(before)} -> ${type(after)}`));
  if (columns.reordered) lines.push('column ~ in another order');
  const { key, added, removed, changed, repeatedKeys, examples } = changes;
  lines.push(
    `${key === null ? 'whole rows' : `rows by ${key.join(', ')}`}: ${added} added, ${removed} removed` +
      (changed === null ? '' : `, ${changed} changed`),
  );
  if (repeatedKeys !== null && repeatedKeys.before + repeatedKeys.after > 0) {
    lines.push(`keys that stand for several rows: ${repeatedKeys.before} before, ${repeatedKeys.after} after`);
    lines.push(
      ...repeatedKeys.examples.map(
        (example) => `  = ${JSON.stringify(example.key)} ${example.before} rows before, ${example.after} after`,
      ),
    );
  }
  for (const [kind, sign] of [
    ['added', '+'],
    ['removed', '-'],
    ['changed', '~'],
  ] as const) {
    lines.push(...examples[kind].map((example) => `  ${sign} ${JSON.stringify(example)}`));
  }
  if (profile !== null) {
    lines.push(`profile: ${profile.driftedColumns} of ${profile.comparedColumns} columns have drifted`);
    lines.push(...profile.columns.map(({ column, message }) => `  ${column}: ${message}`));
  }
  return lines.join('\n');
}

export function sweepInWords(report: SweepReport): string {
  const { dryRun, objects, committedObjects, tooYoung, removed, renewed, unfinishedUploads } = report;
  const verb = dryRun ? 'would be removed' : 'removed';
  return [
    `${objects} objects; what is on record needs ${committedObjects}; ${tooYoung} are not yet old enough to be judged`,
    `${removed.objects} objects (${sizeInWords(removed.bytes)}) and ${unfinishedUploads} unfinished uploads ${verb}`,
    ...(renewed > 0 ? [`${renewed} were put again meanwhile and stay`] : []),
  ].join('\n');
}
