import { markedName, type DatasetVersionRef, type LineageRecord, type Marked } from '../../schemas/index.js';
import { compoundKey } from './compound-key.js';
import type { Reader } from './reader.js';

type VersionName = Pick<DatasetVersionRef, 'dataset' | 'partition' | 'version'>;

/** What a mark that counts for a version may be on, from the whole dataset to the version itself. */
export function marksOver({ dataset, partition, version }: VersionName): Marked[] {
  return [
    { kind: 'dataset', dataset, partition: null, version: null },
    { kind: 'dataset', dataset, partition, version: null },
    { kind: 'dataset', dataset, partition, version },
  ];
}

/** Versions that a step wrote, or made something of: whoever goes on with what it left has to know whether one was recalled. */
export function versionsTold(record: LineageRecord): VersionName[] {
  if (record.kind === 'dataset_version') return [record.ref];
  if (record.kind !== 'step_finished') return [];
  const { output: { dataset, model } = {}, inputs, type } = record;
  // A check leaves what it was given; what it was compared with does not matter to that.
  const made = type !== 'check' && (dataset ?? model) !== undefined;
  return [...(dataset === undefined ? [] : [dataset]), ...(made ? inputs : [])];
}

/** Which of these were recalled, by whom and why; null: none was. */
export function taintOf(marks: ReadonlyMap<string, string>, versions: readonly VersionName[]): string | null {
  if (marks.size === 0) return null;
  for (const version of versions) {
    for (const on of marksOver(version)) {
      const why = marks.get(compoundKey('taint', markedName(on)));
      if (why !== undefined) return `${markedName(on)} was recalled by ${why}`;
    }
  }
  return null;
}

/**
 * Names under which a taint on one of these versions may be on record. Few datasets have any, and a step reads
 * thousands of versions: those of the others are not looked up.
 */
export async function namesOfTaints(read: Reader, versions: readonly VersionName[]): Promise<string[]> {
  const datasets = [...new Set(versions.map(({ dataset }) => dataset))];
  if (datasets.length === 0) return [];
  const rows = await read<{ name: string }>(
    `SELECT DISTINCT name FROM marks WHERE mark = 'taint' AND kind = 'dataset' AND name IN (SELECT unnest($1))`,
    [datasets],
  );
  const tainted = new Set(rows.map(({ name }) => name));
  return versions.filter(({ dataset }) => tainted.has(dataset)).flatMap((one) => marksOver(one).map(markedName));
}
