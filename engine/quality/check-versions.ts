import type { Suite } from '../../schemas/check.js';
import type { DatasetVersionRef } from '../../schemas/dataset.js';
import { datasetFiles, type ObjectStore } from '../datasets/index.js';
import { checkFilesForStates, judgeStates, type CheckedFiles, type CheckFilesOptions } from './check-files.js';
import { findReferences } from './references.js';
import type { Checkpoints } from './run-scan.js';
import { mergeableStates, mergeStatesOf, type DatasetStates } from './stored-states.js';

/** What is judged as one. */
export interface CheckVersionsOptions extends Pick<CheckFilesOptions, 'references' | 'pool' | 'signal' | 'now'> {
  store: ObjectStore;
  /** At least one, in their order. */
  refs: readonly DatasetVersionRef[];
  suite: Suite;
  /** Where an earlier attempt got to, and where this one says how far it is; a version is a segment. */
  checkpoints?: Pick<Checkpoints, 'resume' | 'save'> | undefined;
  onProgress?: ((message: string) => void) | undefined;
}

/**
 * Judges several versions as if they were one dataset: their states are merged, one version after the other, and the suite is judged
 * once. The rows of one version at a time need to be at hand. A query (`custom_sql`) has no state, so it is an `error`.
 * @throws MillraceError as `checkFiles`, and those of the store
 */
export async function checkVersions(options: CheckVersionsOptions): Promise<CheckedFiles> {
  const { store, refs, suite, references = {}, pool, signal, checkpoints, onProgress, now } = options;
  const started = performance.now();
  const resumed = checkpoints?.resume;
  let seen: DatasetStates | undefined = resumed && { ...resumed.seen, profile: null };
  for (let i = resumed?.done ?? 0; i < refs.length; i++) {
    onProgress?.(`${i} of ${refs.length} versions, ${seen?.rows ?? 0} rows`);
    const files = await datasetFiles(store, refs[i]!);
    const part = mergeableStates((await checkFilesForStates({ files, suite, references, pool, signal })).seen);
    seen = seen === undefined ? part : mergeStatesOf([seen, part]);
    await checkpoints?.save({ done: i + 1, of: refs.length, seen });
  }
  const findings = await findReferences(suite, references, { pool, signal });
  return { report: await judgeStates(suite, seen!, { findings, now, startedMs: started }), seen: seen! };
}
