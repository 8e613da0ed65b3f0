import { MillraceError, type Column, type DatasetVersionRef } from '../../schemas/index.js';
import type { DatasetDependencies } from './dataset-dependencies.js';
import { readManifest } from './dataset-version.js';
import { identifier, withDuckDb, type DuckDbSession } from './duckdb-session.js';
import { defineInputs } from './input-views.js';

/** How one dataset version differs from another. */
export interface VersionDiff {
  columns: {
    added: Column[];
    removed: Column[];
    /** Of another type, or with nulls allowed where they were not, or the other way about. */
    changed: { name: string; before: Column; after: Column }[];
    /** Whether the columns that both have come in another order. */
    reordered: boolean;
  };
  rows: { before: number; after: number };
  /** Rows by key, or, without a key, whole rows over the columns that both have, of equal types or both of integers. */
  changes: {
    key: string[] | null;
    added: number;
    removed: number;
    /** Keys that both have with other values; null without a key. */
    changed: number | null;
    /** Keys that stand for several rows, before and after, and at most five of them with their rows; null without a key. */
    repeatedKeys: { before: number; after: number; examples: RepeatedKey[] } | null;
    /** At most five of each kind, their values as text; of the key’s columns where there is one. */
    examples: Record<'added' | 'removed' | 'changed', Record<string, string | null>[]>;
  };
}

/** A key that stands for several rows of a version, and for how many of each. */
export interface RepeatedKey {
  key: Record<string, string | null>;
  before: number;
  after: number;
}

const EXAMPLES = 5;
const WHOLE = /^U?(BIG|SMALL|TINY)?INT(EGER)?$/;

/**
 * Compares two versions, of the same or of different datasets. Nulls are equal to each other.
 * @param key columns that identify a row
 * @throws MillraceError INPUT_INVALID for a key that is not a column of both, of the same type or of integers, OBJECT_NOT_FOUND,
 * OBJECT_CORRUPT, STORE_UNAVAILABLE
 */
export async function diffVersions(
  deps: Pick<DatasetDependencies, 'store' | 'scratchDir' | 'signal' | 'onProgress' | 'memoryLimit' | 'threads'>,
  { before, after, key }: { before: DatasetVersionRef; after: DatasetVersionRef; key?: readonly string[] | undefined },
): Promise<VersionDiff> {
  const { store, scratchDir, signal, onProgress, memoryLimit = '2GB', threads = 2 } = deps;
  const [old, now] = await Promise.all([readManifest(store, before), readManifest(store, after)]);
  const columns = diffColumns(old.columns, now.columns);
  const common = old.columns.filter((column) => now.columns.some((other) => isComparable(column, other)));
  refuseKey(key ?? [], old.columns, now.columns);
  const rows = { before: before.rows, after: after.rows };
  const onPercent = onProgress && ((percent: number) => onProgress(`compared ${percent} %`));
  const changes = await withDuckDb({ scratchDir, memoryLimit, threads, signal, onPercent }, async (session) => {
    await defineInputs(session, store, { before: [before], after: [after] });
    const names = common.map(({ name }) => name);
    if (key !== undefined && key.length > 0) return changesByKey(session, names, [...key]);
    return names.length === 0 ? { ...NOTHING, added: rows.after, removed: rows.before } : changesOfRows(session, names);
  });
  return { columns, rows, changes };
}

const NOTHING: VersionDiff['changes'] = {
  key: null,
  added: 0,
  removed: 0,
  changed: null,
  repeatedKeys: null,
  examples: { added: [], removed: [], changed: [] },
};

function diffColumns(before: readonly Column[], after: readonly Column[]): VersionDiff['columns'] {
  const old = new Map(before.map((column) => [column.name, column]));
  const now = new Map(after.map((column) => [column.name, column]));
  const both = before.filter(({ name }) => now.has(name)).map(({ name }) => name);
  const order = after.filter(({ name }) => old.has(name)).map(({ name }) => name);
  return {
    added: after.filter(({ name }) => !old.has(name)),
    removed: before.filter(({ name }) => !now.has(name)),
    changed: before.flatMap((column) => {
      const found = now.get(column.name);
      if (found === undefined || (found.type === column.type && found.nullable === column.nullable)) return [];
      return [{ name: column.name, before: column, after: found }];
    }),
    reordered: both.some((name, index) => order[index] !== name),
  };
}

/** Integers of different sizes are compared by their value, for which DuckDB finds the type. */
function isComparable(before: Column, after: Column): boolean {
  if (before.name !== after.name) return false;
  return before.type === after.type || (WHOLE.test(before.type) && WHOLE.test(after.type));
}

function refuseKey(key: readonly string[], before: readonly Column[], after: readonly Column[]): void {
  const problems = key.flatMap((name, index) => {
    const [old, now] = [before, after].map((columns) => columns.find((column) => column.name === name));
    if (old !== undefined && now !== undefined && isComparable(old, now)) return [];
    const types = [old, now].map((column) => column?.type ?? 'missing');
    return [{ path: `key[${index}]`, message: `${name} is ${types[0]} before and ${types[1]} after` }];
  });
  if (problems.length === 0) return;
  throw new MillraceError('INPUT_INVALID', problems.map(({ message }) => message).join('; '), { problems });
}

async function changesOfRows(session: DuckDbSession, names: string[]): Promise<VersionDiff['changes']> {
  const list = names.map(identifier).join(', ');
  const added = `SELECT ${list} FROM after EXCEPT ALL SELECT ${list} FROM before`;
  const removed = `SELECT ${list} FROM before EXCEPT ALL SELECT ${list} FROM after`;
  return {
    ...NOTHING,
    added: await countOf(session, added),
    removed: await countOf(session, removed),
    examples: {
      added: await examplesOf(session, added, names),
      removed: await examplesOf(session, removed, names),
      changed: [],
    },
  };
}

async function changesByKey(session: DuckDbSession, names: string[], key: string[]): Promise<VersionDiff['changes']> {
  const list = names.map(identifier).join(', ');
  const keys = key.map(identifier).join(', ');
  const added = `SELECT ${keys} FROM after EXCEPT SELECT ${keys} FROM before`;
  const removed = `SELECT ${keys} FROM before EXCEPT SELECT ${keys} FROM after`;
  // Either side’s rows that the other does not have, by keys that both have.
  const differing = (from: string, other: string) =>
    `(SELECT ${keys} FROM (SELECT ${list} FROM ${from} EXCEPT ALL SELECT ${list} FROM ${other}) INTERSECT SELECT ${keys} FROM ${other})`;
  const changed = `${differing('after', 'before')} UNION ${differing('before', 'after')}`;
  const repeated = (from: string) => `SELECT ${keys} FROM ${from} GROUP BY ${keys} HAVING count(*) > 1`;
  return {
    key,
    added: await countOf(session, added),
    removed: await countOf(session, removed),
    changed: await countOf(session, changed),
    repeatedKeys: {
      before: await countOf(session, repeated('before')),
      after: await countOf(session, repeated('after')),
      examples: await repeatedExamples(session, key, `${repeated('before')} UNION ${repeated('after')}`),
    },
    examples: {
      added: await examplesOf(session, added, key),
      removed: await examplesOf(session, removed, key),
      changed: await examplesOf(session, changed, key),
    },
  };
}

async function countOf(session: DuckDbSession, query: string): Promise<number> {
  const [row] = await session.rows(`SELECT count(*)::DOUBLE AS count FROM (${query})`);
  return Number(row?.['count']);
}

async function examplesOf(session: DuckDbSession, query: string, names: string[]) {
  const texts = names.map((name) => `${identifier(name)}::VARCHAR AS ${identifier(name)}`).join(', ');
  const rows = await session.rows(`SELECT ${texts} FROM (${query}) ORDER BY ALL LIMIT ${EXAMPLES}`);
  return rows as Record<string, string | null>[];
}

async function repeatedExamples(session: DuckDbSession, key: string[], repeated: string): Promise<RepeatedKey[]> {
  const same = (side: string) =>
    key.map((name) => `${side}.${identifier(name)} IS NOT DISTINCT FROM k.${identifier(name)}`);
  const rowsIn = (side: string) => `(SELECT count(*)::DOUBLE FROM ${side} WHERE ${same(side).join(' AND ')})`;
  const texts = key.map((name) => `${identifier(name)}::VARCHAR`);
  const rows = await session.rows(
    `SELECT [${texts.join(', ')}] AS texts, ${rowsIn('before')} AS rows_before, ${rowsIn('after')} AS rows_after
     FROM (FROM (${repeated}) ORDER BY ALL LIMIT ${EXAMPLES}) k ORDER BY ALL`,
  );
  return rows.map((row) => ({
    key: Object.fromEntries((row['texts'] as (string | null)[]).map((text, index) => [key[index] ?? '', text])),
    before: Number(row['rows_before']),
    after: Number(row['rows_after']),
  }));
}
