import { existsSync } from 'node:fs';
import type { Records } from '../engine/quality/recorded/recorded-data.js';
import { isRecordedName } from '../engine/quality/recorded/recorded-name.js';
import { profileFiles, type ProfileFilesOptions } from '../engine/quality/profile-files.js';
import type { DatasetProfile } from '../engine/quality/profile/profile.js';
import { isProfile, readProfile } from '../engine/quality/references.js';
import { MillraceError } from '../schemas/errors.js';
import { dataFiles } from './data-files.js';
import type { TargetOptions } from './options.js';

/** What a help text says of names of data on record. */
export const RECORDED_NAMES =
  '\nData on record: dataset:NAME (all published partitions), dataset:NAME/KEY, dataset:NAME/FROM..TO, with @VERSION for another' +
  '\nversion than the published one; model:NAME@ALIAS or model:NAME@NUMBER for what a model was trained on. Stored profiles are' +
  '\nmerged; rows are read only where there is none.\n';

/** Where data on record are, for commands that take names of them. */
export interface RecordOptions extends TargetOptions {
  config?: string;
}

/**
 * The profile that an argument stands for: data on record by their name (`dataset:flights/2001-03-01`), one stored as JSON
 * (`millrace profile FILE --json`), else that of the data files.
 * @throws MillraceError SOURCE_NOT_FOUND, SOURCE_UNREADABLE and those of `profileFiles` and `recordedData`
 */
export async function profileOf(
  named: string,
  options: ProfileFilesOptions = {},
  where: RecordOptions = {},
): Promise<DatasetProfile> {
  if (isOnRecord(named)) {
    // Loaded here, since files need none of it.
    const { recordedData } = await import('../engine/quality/recorded/recorded-data.js');
    return (await recordedData(await openRecords(where), named, options)).profile;
  }
  const files = dataFiles([named]);
  if (!(await isProfile(named))) return profileFiles(files, { useCaller: true, ...options });
  try {
    return await readProfile(named);
  } catch (error) {
    throw new MillraceError('SOURCE_UNREADABLE', `${named}: ${(error as Error).message}`, { cause: error });
  }
}

/** Whether an argument names data on record; a file of that name is meant first. */
export function isOnRecord(named: string): boolean {
  return isRecordedName(named) && !existsSync(named);
}

/** The record and the object store that a command talks to. @throws MillraceError LINEAGE_UNREACHABLE, CONFIG_INVALID */
export async function openRecords(where: RecordOptions): Promise<Records> {
  const [{ resolveTarget, requireLineageUrl }, { createLineageClient }, { defaultStore }, { configOrDefault }] =
    await Promise.all([
      import('./target.js'),
      import('../engine/lineage/lineage-client.js'),
      import('../workers/stores.js'),
      import('./project-config.js'),
    ]);
  const target = await resolveTarget(where);
  const { config } = await configOrDefault(where.config);
  return {
    lineage: createLineageClient({ url: requireLineageUrl(target), timeoutMs: 60_000 }),
    store: defaultStore(config.stores, target.dataDir),
  };
}
