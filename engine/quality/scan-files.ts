import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Suite } from '../../schemas/check.js';
import type { KeyShare } from './key-limits.js';
import type { ColumnKind, Field } from './column-kind.js';
import type { ReferenceFindings } from './kernels/kernel.js';
import { mergeStates } from './merge-states.js';
import { createFailingRowsFile, type FailingRowsFile } from './failing-rows-file.js';
import { compilePlan } from './plan.js';
import { Scan } from './scan.js';
import { fileShares, type Part } from './sources/file-shares.js';
import { openSource } from './sources/open-source.js';
import type { CheckState } from './states.js';

/** What is scanned, by which suite. */
export interface ScanRequest {
  files: readonly string[];
  suite: Suite;
  /** What is known of the checks’ references, in the order of the suite. */
  findings: readonly (ReferenceFindings | undefined)[];
  /** Which part of the files. */
  part: Part;
  /** The keys that checks for repeated keys and distinct values keep; by default all. */
  keyShare?: KeyShare | undefined;
  /** Whether rows are read even where the footer or a dictionary would answer. */
  fullScan: boolean;
  /** A file that is written: each row that fails, by each check that it fails. Rows that fail are known for checks of rows alone. */
  failingRowsPath?: string | undefined;
}

/** What a scan saw. */
export interface ScanResult {
  rows: number;
  /** In the order of the suite. */
  states: CheckState[];
  /** Types of what each check reads, in the order of the suite. */
  kinds: readonly (readonly ColumnKind[])[];
  /** Columns of the first file. */
  fields: readonly Field[];
}

/** Where a scan tells how far it is. */
export interface ScanListener {
  /** A file is about to be opened. */
  onFile(path: string): void;
  /** So many rows were judged, of all files so far. */
  onRows(rows: number): void;
  /** Whether the thread is one that must not end, so that only decoders are used that no corrupted file ends it with. @default false */
  onlyOwnDecoders?: boolean;
  /** Awaited now and then, so that others get their turn on this thread; a rejection ends the scan. */
  pause?(): Promise<void>;
}

/**
 * Runs a suite over files on this thread; one batch is in memory at a time. Files of one schema in a row share a plan and its
 * kernels; where the schema changes, the checks are planned anew and the states merged.
 * @throws NeedsThread where a file needs another decoder than those that the listener allows
 */
export async function scanFiles(request: ScanRequest, listener: ScanListener): Promise<ScanResult> {
  const failingRows = request.failingRowsPath === undefined ? null : createFailingRowsFile(request.failingRowsPath);
  try {
    return await scanAll(request, listener, failingRows);
  } finally {
    failingRows?.close();
  }
}

async function scanAll(
  request: ScanRequest,
  listener: ScanListener,
  failingRows: FailingRowsFile | null,
): Promise<ScanResult> {
  const { files, suite, findings, part, fullScan, keyShare } = request;
  // Filled when the first plan is made, before any column is read.
  const indexTexts = new Set<string>();
  let merged: CheckState[] | null = null;
  let scan: Scan | null = null;
  let schemaText = '';
  let result: Pick<ScanResult, 'kinds' | 'fields'> = { kinds: [], fields: [] };
  let rows = 0;
  const shares = fileShares(await fileSizes(files), part);
  for (const [index, path] of files.entries()) {
    const share = shares[index]!;
    if (share === null) continue;
    listener.onFile(path);
    failingRows?.startFile();
    const source = await openSource(path, { indexTexts, onlyOwnDecoders: listener.onlyOwnDecoders ?? false });
    try {
      const text = JSON.stringify(source.fields.map(({ name, kind, nullable }) => [name, kind.name, nullable]));
      if (scan === null || text !== schemaText) {
        if (scan !== null) merged = mergeAll(merged, scan.states());
        const plan = compilePlan(suite, source.fields, findings, keyShare);
        for (const name of plan.indexedTexts) indexTexts.add(name);
        if (scan === null) result = { kinds: plan.checkKinds, fields: source.fields };
        scan = new Scan(plan, failingRows?.add);
        schemaText = text;
      }
      scan.startFile(files.length > 1 ? basename(path) : undefined);
      for await (const group of source.groups(share)) {
        const facts = fullScan ? null : group.facts;
        const columns = scan.startGroup(group.firstRow, facts);
        let end = group.firstRow;
        if (columns === null) {
          rows += facts!.rows;
          end += facts!.rows;
          failingRows?.judgedUpTo(end);
        } else {
          for await (const batch of group.batches(columns, scan.plan.keyColumns)) {
            scan.update(batch);
            rows += batch.rows;
            end += batch.rows;
            failingRows?.judgedUpTo(end);
            listener.onRows(rows);
            if (listener.pause !== undefined) await listener.pause();
          }
        }
        listener.onRows(rows);
      }
    } finally {
      await source.close();
    }
  }
  return { rows, states: mergeAll(merged, scan?.states() ?? []), ...result };
}

/** Bytes of files; of one that cannot be asked, 0: who opens it will say why. */
export async function fileSizes(files: readonly string[]): Promise<number[]> {
  const sizeOf = (path: string) =>
    stat(path).then(
      ({ size }) => size,
      () => 0,
    );
  return Promise.all(files.map(sizeOf));
}

/** The states of two scans of one suite, the first before the second. */
export function mergeAll(before: CheckState[] | null, next: CheckState[]): CheckState[] {
  return before === null ? next : before.map((state, i) => mergeStates(state, next[i]!));
}
