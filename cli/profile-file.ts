import { profileFiles, type ProfileFilesOptions } from '../engine/quality/profile-files.js';
import type { DatasetProfile } from '../engine/quality/profile/profile.js';
import { readProfile } from '../engine/quality/references.js';
import { MillraceError } from '../schemas/errors.js';
import { dataFiles } from './data-files.js';

/**
 * The profile that an argument stands for: one stored as JSON (`millrace profile FILE --json`), else that of the data files.
 * @throws MillraceError SOURCE_NOT_FOUND, SOURCE_UNREADABLE and those of `profileFiles`
 */
export async function profileOf(named: string, options: ProfileFilesOptions = {}): Promise<DatasetProfile> {
  const files = dataFiles([named]);
  if (!named.endsWith('.json')) return profileFiles(files, options);
  try {
    return await readProfile(named);
  } catch (error) {
    throw new MillraceError('SOURCE_UNREADABLE', `${named}: ${(error as Error).message}`, { cause: error });
  }
}
