import type { Suite } from '../../schemas/check.js';
import { findReferences, type References } from './references.js';
import { createScanPool, type ScanPool } from './scan-pool.js';
import { prepareFiles } from './sources/prepare-files.js';
import { WHOLE } from './sources/file-shares.js';
import { checkNames } from './validate-suite.js';
import { resultsOf } from './verdict.js';

/** Which failing rows are asked for. */
export interface FailingRowsOptions {
  /** Paths of files that together are the dataset, as for `checkFiles`. */
  files: readonly string[];
  suite: Suite;
  /** Names of the checks, as the report has them; checks of rows alone. */
  checks: readonly string[];
  /** The file that is written. */
  path: string;
  references?: References | undefined;
  pool?: ScanPool | undefined;
  signal?: AbortSignal | undefined;
  /** Told the number of rows judged so far. */
  onProgress?: ((rows: number) => void) | undefined;
}

/** The failing rows of some checks. */
export interface FailingRows {
  /** A line for each row, in order: the numbers of the checks that it fails, from 0 and joined by `|`, or `-`. */
  path: string;
  /** The checks by their numbers in the file, with the failing rows of each. */
  checks: { name: string; rows: number }[];
  /** Checks whose failing rows cannot be told, and why: their keys do not fit into memory. */
  untold: { name: string; message: string }[];
}

/**
 * Finds the rows that fail, by the very kernels that judge the suite, in one pass and one thread: which of two equal rows is
 * the repeated one depends on their order. Memory is bounded by the batch, failing rows go to a file.
 * @throws MillraceError as `checkFiles`
 */
export async function findFailingRows(options: FailingRowsOptions): Promise<FailingRows> {
  const { files, suite, checks, path, references = {}, signal, onProgress = () => undefined } = options;
  const names = checkNames(suite);
  const asked = names.flatMap((name, i) => (checks.includes(name) ? [{ ...suite.checks[i]!, name }] : []));
  const part = { checks: asked, keyColumns: [], piiColumns: [] };
  const pool = options.pool ?? createScanPool();
  const prepared = await prepareFiles(files, { signal });
  try {
    const findings = await findReferences(part, references, { threads: 1, pool, signal });
    const request = {
      files: prepared.files,
      suite: part,
      findings,
      part: WHOLE,
      fullScan: false,
      failingRowsPath: path,
    };
    const seen = await pool.scan(request, signal ?? new AbortController().signal, onProgress);
    const results = resultsOf(part, { ...seen, findings, history: [], judges: {} }, { now: new Date() });
    return {
      path,
      checks: results.map(({ name, failing }) => ({ name, rows: failing })),
      untold: results.flatMap(({ name, status, message = '' }) => (status === 'error' ? [{ name, message }] : [])),
    };
  } finally {
    await prepared.dispose();
    if (options.pool === undefined) await pool.close();
  }
}
