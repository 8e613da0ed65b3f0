import type { Readable } from 'node:stream';
import type { Suite } from '../../schemas/check.js';
import { MillraceError } from '../../schemas/errors.js';
import type { PartitionWindow } from '../../schemas/partition.js';
import type { QualityReport } from '../../schemas/quality-report.js';
import type { EarlierVersion, Judges, ReferenceFindings } from './kernels/kernel.js';
import { countInPasses } from './count-in-passes.js';
import { findReferences, profiling, type References } from './references.js';
import { runScan, type Checkpoints } from './run-scan.js';
import type { ScanPool } from './scan-pool.js';
import { prepareFiles, type PrepareOptions } from './sources/prepare-files.js';
import type { CheckState } from './states.js';
import type { DatasetStates } from './stored-states.js';
import { validateSuite } from './validate-suite.js';
import { resultsOf, verdictOf } from './verdict.js';

/** What to check. */
export interface CheckFilesOptions {
  /** Paths of files that together are the dataset: Parquet, Arrow IPC, CSV, NDJSON; `-` is the standard input. */
  files: readonly string[];
  /** The rules. */
  suite: Suite;
  /** Window of the partition: history before its start is what metrics are judged by, its end is the reference of `freshness`. */
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
  /** Columns that are profiled in the same pass; by default none. */
  profiled?: readonly string[] | undefined;
  /** Where the scan may go on from, and where it says how far it is. */
  checkpoints?: Checkpoints | undefined;
  /** What `-` reads; by default the standard input. */
  input?: Readable | undefined;
  /** Ends the scan; the promise is rejected with the signal’s reason. */
  signal?: AbortSignal | undefined;
  /** Told the number of rows judged so far, about ten times a second, and at the end. */
  onProgress?: ((rows: number) => void) | undefined;
  /** Told which file is made readable first, as in `PrepareOptions`. */
  onPreparing?: PrepareOptions['onPreparing'];
  /** When the work began, by `performance.now()`; for callers who made the files readable before. By default with the call. */
  startedMs?: number | undefined;
}

/** What was found, and what it was judged by. */
export interface CheckedFiles {
  report: QualityReport;
  /** States of the checks, and the profile if one was asked for. */
  seen: DatasetStates;
}

/**
 * Judges files by a suite, in threads of its own. Bad data is a verdict, not an error; a check that cannot run on the
 * files has the status `error`. Without rows, checks of rows pass with a total of 0, `row_count` counts 0 and `freshness` fails.
 * @throws MillraceError SUITE_INVALID, SOURCE_NOT_FOUND, SOURCE_EMPTY, SOURCE_UNREADABLE
 */
export async function checkFiles(options: CheckFilesOptions): Promise<QualityReport> {
  return (await checkFilesForStates(options)).report;
}

/** As `checkFiles`, and gives the states besides, by which the files can be judged again without their rows. */
export async function checkFilesForStates(options: CheckFilesOptions): Promise<CheckedFiles> {
  const { files, suite, references = {}, fullScan = false, profiled = [], input } = options;
  const { threads, pool, useCaller, signal, onProgress, onPreparing, checkpoints } = options;
  const problems = validateSuite(suite);
  if (problems.length > 0) {
    throw new MillraceError('SUITE_INVALID', `${problems[0]!.path} ${problems[0]!.message}`, { problems });
  }
  if (files.length === 0) throw new MillraceError('SOURCE_NOT_FOUND', 'there are no files to check');
  signal?.throwIfAborted();
  const { startedMs = performance.now() } = options;
  const prepared = await prepareFiles(files, { input, signal, onPreparing });
  try {
    const findings = await findReferences(suite, references, { threads, pool, signal });
    // The profile is a check more, so that all is seen in one pass.
    const checks = profiled.length === 0 ? suite.checks : [...suite.checks, profiling(profiled)];
    const job = { fullScan, threads, pool, useCaller, signal, onProgress, checkpoints };
    const whole = await runScan({ ...job, files: prepared.files, suite: { ...suite, checks }, findings });
    const states = whole.states.slice(0, suite.checks.length);
    for (const [i, state] of states.entries()) {
      if (state.kind !== 'error' || state.overBudget !== true) continue;
      const check = suite.checks[i]!;
      const onRows = () => onProgress?.(whole.rows);
      const pass = { ...job, files: prepared.files, suite: { ...suite, checks: [check] }, onProgress: onRows };
      const { spillKeys } = await import('./spill-keys.js');
      states[i] =
        (await spillKeys(check, prepared.asParquet, whole.fields, signal)) ??
        (await countInPasses({ ...pass, findings: [findings[i]] }, check, whole.kinds[i]!)) ??
        state;
    }
    await answerQueries(suite, prepared.asParquet, states, signal);
    const extra = whole.states[suite.checks.length];
    const profile = extra?.kind === 'profile' ? extra.profile : null;
    const seen = { rows: whole.rows, states, kinds: whole.kinds, fields: whole.fields, profile };
    const report = await judgeStates(suite, seen, { ...options, findings, startedMs });
    return { report, seen };
  } finally {
    await prepared.dispose();
  }
}

/** What states are judged by, besides the suite. */
export interface JudgeOptions extends Pick<CheckFilesOptions, 'window' | 'now' | 'history'> {
  /** What the references of the checks were found to be, in the order of the suite. */
  findings?: readonly (ReferenceFindings | undefined)[];
  /** When the work began, by `performance.now()`. @default now */
  startedMs?: number;
}

/** The verdict of a suite on what was seen. */
export async function judgeStates(suite: Suite, seen: DatasetStates, options: JudgeOptions): Promise<QualityReport> {
  const { window, now = new Date(), history = [], findings = [], startedMs = performance.now() } = options;
  const [windowStart, windowEnd] = [window?.start, window?.end].map((time) =>
    time === undefined ? time : new Date(time),
  );
  const judges = await loadJudges(suite);
  const checks = resultsOf(suite, { ...seen, findings, history, judges }, { now, windowStart, windowEnd });
  return { verdict: verdictOf(checks), rows: seen.rows, durationMs: performance.now() - startedMs, checks };
}

/** Puts the states of queries where those of `custom_sql` are. DuckDB is loaded only where there are any. */
async function answerQueries(
  suite: Suite,
  asParquet: () => Promise<string[]>,
  states: CheckState[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const queries = suite.checks.flatMap((check, i) => (check.type === 'custom_sql' ? [{ i, sql: check.sql }] : []));
  if (queries.length === 0) return;
  const { runQueries } = await import('./custom-sql.js');
  const answers = await runQueries(
    asParquet,
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
