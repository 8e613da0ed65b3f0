import type { Readable } from 'node:stream';
import { MillraceError } from '../../schemas/errors.js';
import type { DatasetProfile } from './profile/profile.js';
import { profiling } from './references.js';
import { runScan } from './run-scan.js';
import type { ScanPool } from './scan-pool.js';
import { prepareFiles, type PrepareOptions } from './sources/prepare-files.js';

/** How a profile is taken. */
export interface ProfileFilesOptions {
  /** Columns that are profiled; by default all. */
  columns?: readonly string[] | undefined;
  /** At most so many threads; by default as many as there are processors, four at most. */
  threads?: number | undefined;
  /** Threads that are kept between calls; by default each call starts its own and ends them. */
  pool?: ScanPool | undefined;
  /** Whether the calling thread is one of them, as in `ScanJob`. */
  useCaller?: boolean | undefined;
  /** What `-` reads; by default the standard input. */
  input?: Readable | undefined;
  signal?: AbortSignal | undefined;
  /** Told the number of rows read so far. */
  onProgress?: ((rows: number) => void) | undefined;
  /** Told which file is made readable first, as in `PrepareOptions`. */
  onPreparing?: PrepareOptions['onPreparing'];
}

/**
 * Profiles files that together are one dataset, in threads of its own and in memory that does not grow with the rows.
 * @throws MillraceError SOURCE_NOT_FOUND, SOURCE_EMPTY, SOURCE_UNREADABLE, SOURCE_SCHEMA_MISMATCH
 */
export async function profileFiles(
  files: readonly string[],
  options: ProfileFilesOptions = {},
): Promise<DatasetProfile> {
  const { columns, input, onPreparing, ...how } = options;
  if (files.length === 0) throw new MillraceError('SOURCE_NOT_FOUND', 'there are no files to profile');
  const prepared = await prepareFiles(files, { input, signal: how.signal, onPreparing });
  try {
    const suite = { checks: [profiling(columns ?? 'all')], keyColumns: [], piiColumns: [] };
    const { states } = await runScan({ ...how, files: prepared.files, suite, findings: [], fullScan: true });
    const [state] = states;
    if (state?.kind === 'profile') return state.profile;
    throw new MillraceError('SOURCE_SCHEMA_MISMATCH', state?.kind === 'error' ? state.message : 'there are no columns');
  } finally {
    await prepared.dispose();
  }
}
