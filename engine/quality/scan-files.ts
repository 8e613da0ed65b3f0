import { basename } from 'node:path';
import type { Suite } from '../../schemas/check.js';
import type { CheckResult } from '../../schemas/quality-report.js';
import { openParquet, unreadable } from './parquet-batches.js';
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
 * Runs a suite over Parquet files on this thread. Each file has a plan of its own, so their schemas may differ; one row group,
 * or one batch of a large one, is in memory at a time. For the errors see `checkFiles`.
 */
export async function scanFiles(
  files: readonly string[],
  suite: Suite,
  clock: Clock,
  listener: ScanListener,
): Promise<ScanResult> {
  let rows = 0;
  let states: CheckState[] | null = null;
  for (const path of files) {
    listener.onFile(path);
    const source = await openParquet(path);
    const plan = compilePlan(suite, source.schema);
    const scan = new Scan(plan, files.length > 1 ? basename(path) : undefined);
    const columns = [...plan.columns.keys()];
    if (columns.length === 0) scan.countRows(source.rows);
    else {
      let read = 0;
      for await (const batch of source.batches(columns)) {
        scan.update(batch);
        read += batch.numRows;
        listener.onRows(rows + read);
      }
      if (read !== source.rows) {
        throw unreadable(path, new Error(`its footer promises ${source.rows} rows, and ${read} are there`));
      }
    }
    rows += source.rows;
    listener.onRows(rows);
    const next = scan.states();
    states = states === null ? next : states.map((state, i) => mergeStates(state, next[i]!));
  }
  return { rows, checks: resultsOf(suite, states ?? [], clock) };
}
