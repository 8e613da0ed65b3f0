import { basename } from 'node:path';
import type { Suite } from '../../schemas/check.js';
import type { CheckResult } from '../../schemas/quality-report.js';
import { openParquet, unreadable, type ParquetSource } from './parquet-batches.js';
import { compilePlan } from './plan.js';
import { Scan } from './scan.js';
import { mergeStates, type CheckState } from './states.js';
import { resultsOf, type Clock } from './verdict.js';

/** What a scan found; the report without its verdict and its time. */
export interface ScanResult {
  rows: number;
  checks: CheckResult[];
}

/** Where a scan tells how far it is. */
export interface ScanListener {
  /** A file is about to be opened. */
  onFile(path: string): void;
  /** So many rows were judged, of all files so far. */
  onRows(rows: number): void;
}

/**
 * Runs a suite over Parquet files on this thread; one row group, or one batch of a large one, is in memory at a time. Files of
 * one schema in a row share a plan and its kernels; where the schema changes, the checks are planned anew and the states merged.
 * For the errors see `checkFiles`.
 */
export async function scanFiles(
  files: readonly string[],
  suite: Suite,
  clock: Clock,
  listener: ScanListener,
): Promise<ScanResult> {
  let rows = 0;
  let merged: CheckState[] | null = null;
  let scan: Scan | null = null;
  let schemaText = '';
  for (const path of files) {
    listener.onFile(path);
    const source = await openParquet(path);
    const text = source.schema.fields.map((field) => `${JSON.stringify(field.name)} ${String(field.type)}`).join();
    if (scan === null || text !== schemaText) {
      if (scan !== null) merged = mergeAll(merged, scan.states());
      scan = new Scan(compilePlan(suite, source.schema));
      schemaText = text;
    }
    scan.startFile(files.length > 1 ? basename(path) : undefined);
    const before = rows;
    rows += await scanFile(path, source, scan, (read) => listener.onRows(before + read));
  }
  return { rows, checks: resultsOf(suite, mergeAll(merged, scan?.states() ?? []), clock) };
}

/** Puts a file through a scan, and returns its number of rows. */
async function scanFile(path: string, source: ParquetSource, scan: Scan, onRows: (read: number) => void) {
  const columns = [...scan.plan.columns.keys()];
  if (columns.length === 0) {
    scan.countRows(source.rows);
    return source.rows;
  }
  let read = 0;
  for await (const batch of source.batches(columns)) {
    scan.update(batch);
    read += batch.numRows;
    onRows(read);
  }
  if (read !== source.rows) {
    throw unreadable(path, new Error(`its footer promises ${source.rows} rows, and ${read} are there`));
  }
  return read;
}

function mergeAll(before: CheckState[] | null, next: CheckState[]): CheckState[] {
  return before === null ? next : before.map((state, i) => mergeStates(state, next[i]!));
}
