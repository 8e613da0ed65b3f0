import type { Readable } from 'node:stream';
import type { Suite } from '../../schemas/check.js';
import { MillraceError } from '../../schemas/errors.js';
import type { PartitionWindow } from '../../schemas/partition.js';
import type { QualityReport } from '../../schemas/quality-report.js';
import type { EarlierVersion, Judges } from './kernels/kernel.js';
import { findReferences, type References } from './references.js';
import { runScan } from './run-scan.js';
import type { ScanPool } from './scan-pool.js';
import { prepareFiles } from './sources/prepare-files.js';
import type { CheckState } from './states.js';
import { validateSuite } from './validate-suite.js';
import { resultsOf, verdictOf } from './verdict.js';

/** What to check. */
export interface CheckFilesOptions {
  /** Paths of files that together are the dataset: Parquet, Arrow IPC, CSV, NDJSON; `-` is the standard input. */
  files: readonly string[];
  /** The rules. */
  suite: Suite;
  /** Window of the partition; its end is the reference of `freshness`. */
  window?: PartitionWindow | undefined;
  /** The clock’s time; by default that of the call. */
  now?: Date | undefined;
  /** What the names of references in the suite stand for; other names are paths. */
  references?: References | undefined;
  /** Profiles of earlier versions of the dataset, the oldest first; without them checks of history are skipped. */
  history?: readonly EarlierVersion[] | undefined;
  /** At most so many threads; by default as many as there are processors, four at most. */
  threads?: number | undefined;
  /** Threads that are kept between calls; by default each call starts its own and ends them. */
  pool?: ScanPool | undefined;
  /** Whether the calling thread scans as well; for programs that have nothing else to do. By default it stays free. */
  useCaller?: boolean | undefined;
  /** Whether rows are read even where the footer or a dictionary would answer. The outcome is the same. */
  fullScan?: boolean | undefined;
  /** What `-` reads; by default the standard input. */
  input?: Readable | undefined;
  /** Ends the scan; the promise is rejected with the signal’s reason. */
  signal?: AbortSignal | undefined;
  /** Told the number of rows judged so far, about ten times a second, and at the end. */
  onProgress?: ((rows: number) => void) | undefined;
}

/**
 * Judges files by a suite, in threads of its own. Bad data is a verdict, not an error; a check that cannot run on the
 * files has the status `error`. Without rows, checks of rows pass with a total of 0, `row_count` counts 0 and `freshness` fails.
 * @throws MillraceError SUITE_INVALID, SOURCE_NOT_FOUND, SOURCE_EMPTY, SOURCE_UNREADABLE
 */
export async function checkFiles(options: CheckFilesOptions): Promise<QualityReport> {
  const { files, suite, window, now = new Date(), references = {}, history = [], fullScan = false } = options;
  const { threads, pool, useCaller, signal, onProgress, input } = options;
  const problems = validateSuite(suite);
  if (problems.length > 0) {
    throw new MillraceError('SUITE_INVALID', `${problems[0]!.path} ${problems[0]!.message}`, { problems });
  }
  if (files.length === 0) throw new MillraceError('SOURCE_NOT_FOUND', 'there are no files to check');
  signal?.throwIfAborted();
  const started = performance.now();
  const prepared = await prepareFiles(files, { input, signal });
  try {
    const findings = await findReferences(suite, references, { threads, pool, signal });
    const job = { files: prepared.files, suite, findings, fullScan, threads, pool, useCaller, signal, onProgress };
    const { rows, states, kinds, fields } = await runScan(job);
    for (const [i, state] of states.entries()) {
      if (state.kind !== 'error' || state.overBudget !== true) continue;
      const { spillKeys } = await import('./spill-keys.js');
      states[i] = (await spillKeys(suite.checks[i]!, prepared.files, fields, signal)) ?? state;
    }
    await answerQueries(suite, prepared.files, states, signal);
    const windowEnd = window?.end === undefined ? undefined : new Date(window.end);
    const judges = await loadJudges(suite);
    const checks = resultsOf(suite, { states, kinds, fields, findings, history, judges }, { now, windowEnd });
    return { verdict: verdictOf(checks), rows, durationMs: performance.now() - started, checks };
  } finally {
    await prepared.dispose();
  }
}

/** Puts the states of queries where those of `custom_sql` are. DuckDB is loaded only where there are any. */
async function answerQueries(
  suite: Suite,
  files: readonly string[],
  states: CheckState[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const queries = suite.checks.flatMap((check, i) => (check.type === 'custom_sql' ? [{ i, sql: check.sql }] : []));
  if (queries.length === 0) return;
  const { runQueries } = await import('./custom-sql.js');
  const answers = await runQueries(
    files,
    queries.map(({ sql }) => sql),
    suite.piiColumns.length > 0,
    signal,
  );
  queries.forEach(({ i }, q) => (states[i] = answers[q]!));
}

/** The judges that a suite needs, which are loaded for no other. */
async function loadJudges({ checks }: Suite): Promise<Judges> {
  const types = new Set(checks.map(({ type }) => type));
  const needsDrift = types.has('drift') || types.has('dataset_drift') || types.has('train_serve_skew');
  const needsHistory = types.has('volume_anomaly') || types.has('metric_anomaly');
  return {
    ...(needsDrift ? { compareProfiles: (await import('./drift/index.js')).compareProfiles } : {}),
    ...(needsHistory ? { judgeMetricHistory: (await import('./history/index.js')).judgeMetricHistory } : {}),
  };
}
