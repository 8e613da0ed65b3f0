import { markedName, type LineageRecord } from '../../schemas/index.js';
import type { KnownKeys } from './known-keys.js';
import { compoundKey } from './compound-key.js';
import type { Answer, LedgerState } from './ledger.js';
import type { Reader } from './reader.js';
import { removalFacts } from './retention-queries.js';
import { marksOver, namesOfTaints, versionsTold } from './taints.js';

/**
 * Reads what is on record as far as the given records touch it. The single writer calls it before each commit, so that
 * nothing is held in memory that could differ from the database after a commit that failed.
 * @param keys those that may be on record; only they are looked up
 */
export async function loadLedgerState(
  read: Reader,
  records: readonly LineageRecord[],
  keys: Pick<KnownKeys, 'mayHave'>,
): Promise<LedgerState> {
  const state: LedgerState = {
    records: new Map(),
    datasetVersions: new Set(),
    modelVersions: new Map(),
    trainedModels: new Set(),
    aliases: new Map(),
    generations: new Map(),
    served: new Map(),
    marks: new Map(),
    setSizes: new Map(),
    setKeys: new Map(),
    removals: new Map(),
  };
  const wanted = distinct(records.map((record) => record.key)).filter((key) => keys.mayHave(key));
  if (wanted.length > 0) {
    const known = await read<{ key: string; digest: string; answer: string }>(
      'SELECT key, digest, answer FROM events WHERE key IN (SELECT unnest($1))',
      [wanted],
    );
    for (const { key, digest, answer } of known) {
      state.records.set(key, { digest, answer: JSON.parse(answer) as Answer });
    }
  }

  const published = records.flatMap(versionsOf);
  if (published.length > 0) {
    const rows = await read<{ dataset: string; partition: string; version: string }>(
      'SELECT DISTINCT dataset, partition, version FROM dataset_versions WHERE version IN (SELECT unnest($1))',
      [distinct(published)],
    );
    for (const row of rows) state.datasetVersions.add(compoundKey(row.dataset, row.partition, row.version));
  }

  const models = distinct(records.flatMap(modelsOf));
  if (models.length > 0) {
    const rows = await read<{ model: string; digest: string; version: number }>(
      'SELECT model, digest, version FROM model_versions WHERE model IN (SELECT unnest($1))',
      [models],
    );
    for (const { model, digest, version } of rows) {
      const numbers = state.modelVersions.get(model) ?? new Map<string, number>();
      state.modelVersions.set(model, numbers.set(digest, version));
    }
  }

  const marked = records.flatMap((record) =>
    record.kind === 'mark_set' && record.on.kind === 'model' ? [record.on.digest] : [],
  );
  if (marked.length > 0) {
    const rows = await read<{ model: string; digest: string }>(
      'SELECT DISTINCT model, digest FROM trainings WHERE digest IN (SELECT unnest($1))',
      [distinct(marked)],
    );
    for (const { model, digest } of rows) state.trainedModels.add(compoundKey(model, digest));
  }

  if (records.some((record) => record.kind === 'alias_moved')) {
    const rows = await read<{ model: string; alias: string; version: number }>(
      'SELECT model, alias, version FROM aliases WHERE model IN (SELECT unnest($1))',
      [models],
    );
    for (const { model, alias, version } of rows) state.aliases.set(compoundKey(model, alias), version);
  }

  const endpoints = records.flatMap((record) => (record.kind === 'endpoint_changed' ? [record.endpoint] : []));
  if (endpoints.length > 0) {
    const rows = await read<{ endpoint: string; generation: number; stable: string | null; canary: string | null }>(
      `SELECT endpoint, max(generation) AS generation, arg_max(stable->>'$.digest', generation) AS stable,
         arg_max(coalesce(canary->>'$.digest', ''), generation) AS canary
       FROM endpoint_changes WHERE endpoint IN (SELECT unnest($1)) GROUP BY endpoint`,
      [distinct(endpoints)],
    );
    for (const { endpoint, generation, stable, canary } of rows) {
      state.generations.set(endpoint, generation);
      state.served.set(
        endpoint,
        [stable, canary].flatMap((digest) => digest ?? []),
      );
    }
  }

  const names = distinct([
    ...records.flatMap(marksOf),
    ...(await namesOfTaints(read, records.flatMap(versionsTold))),
    ...[...state.modelVersions].flatMap(([model, numbers]) =>
      [...numbers.keys()].map((digest) => markedName({ kind: 'model', model, digest })),
    ),
  ]);
  if (names.length > 0) {
    const rows = await read<{ mark: string; on_name: string; actor: string; reason: string }>(
      'SELECT mark, on_name, actor, reason FROM marks_in_force WHERE on_name IN (SELECT unnest($1))',
      [names],
    );
    for (const row of rows) state.marks.set(compoundKey(row.mark, row.on_name), `${row.actor}: ${row.reason}`);
  }

  const changes = records.filter((record) => record.kind === 'partitions_changed');
  if (changes.length > 0) {
    const touched = distinct(changes.flatMap(({ add, remove }) => [...add, ...remove]));
    const sets = distinct(changes.map(({ set }) => set));
    const rows = await read<{ set_name: string; key: string; size: number }>(
      `WITH present AS (SELECT * FROM partition_set_keys WHERE set_name IN (SELECT unnest($1)))
       SELECT set_name, '' AS key, count(*) AS size FROM present GROUP BY set_name
       UNION ALL SELECT set_name, key, 0 FROM present WHERE key IN (SELECT unnest($2))`,
      [sets, touched],
    );
    for (const { set_name: set, key, size } of rows) {
      if (key === '') state.setSizes.set(set, size);
      else state.setKeys.set(compoundKey(set, key), true);
    }
  }
  const removed = records.flatMap((record) => (record.kind === 'version_removed' ? [record.ref] : []));
  if (removed.length > 0) state.removals = await removalFacts(read, removed);
  return state;
}

function versionsOf(record: LineageRecord): string[] {
  if (record.kind === 'dataset_published') return [record.version];
  const marked = record.kind === 'mark_set' && record.on.kind === 'dataset' ? record.on.version : null;
  return marked === null ? [] : [marked];
}

/** Names of what marks may be on that the record has to do with. */
function marksOf(record: LineageRecord): string[] {
  if (record.kind === 'mark_set' || record.kind === 'mark_lifted') return [markedName(record.on)];
  if (record.kind === 'model_registered') return [markedName({ kind: 'model', ...record.ref })];
  if (record.kind !== 'version_removed') return [];
  return marksOver(record.ref).map(markedName);
}

function modelsOf(record: LineageRecord): string[] {
  if (record.kind === 'model_registered') return [record.ref.model];
  if (record.kind === 'alias_moved') return [record.model];
  if (record.kind === 'mark_set' && record.on.kind === 'model') return [record.on.model];
  if (record.kind !== 'endpoint_changed') return [];
  return [record.stable, record.canary].flatMap((ref) => (ref === null ? [] : [ref.model]));
}

function distinct(values: readonly string[]): string[] {
  return [...new Set(values)];
}
