import type { Suite } from '../../../schemas/check.js';
import type { QualityReport } from '../../../schemas/quality-report.js';
import { definitionOf } from '../kernels/index.js';
import { profileFiles, type ProfileFilesOptions } from '../profile-files.js';
import type { DatasetProfile } from '../profile/profile.js';
import { isProfile, readProfile, type Reference, type References } from '../references.js';

/** What a page on a check draws. */
export interface Evidence {
  /** Statistics of the columns that the suite is about; undefined where it is about none that could be read. */
  profile: DatasetProfile | undefined;
  /** What checks of drift compared with, by the name of the check. */
  references: Record<string, DatasetProfile>;
}

/** Columns that are drawn at most: a page of thousands would be read by nobody. */
const MOST_COLUMNS = 60;

/**
 * What a page on a report draws: the columns of its checks, and the references of those of drift. Files are read once more, these
 * columns alone, but none with personal data. What cannot be read is not drawn; the report has said so.
 * @param data what was checked: its files, or a profile of it; null draws nothing
 * @param report of the same suite on the same data
 */
export async function gatherEvidence(
  data: Exclude<Reference, { absent: string }> | null,
  suite: Suite,
  report: QualityReport,
  options: Pick<ProfileFilesOptions, 'signal' | 'pool' | 'threads'> & { references?: References | undefined } = {},
): Promise<Evidence> {
  const { references: known = {}, ...how } = options;
  const sound = suite.checks.filter((_, i) => report.checks[i]?.status !== 'error');
  const isShown = (name: string) => !suite.piiColumns.includes(name);
  const named = new Set(sound.flatMap((check) => definitionOf(check).columns(check)));
  const columns = [...named].filter(isShown).slice(0, MOST_COLUMNS);
  const profiled = async (paths: readonly string[]) => {
    try {
      return columns.length === 0 ? undefined : await profileFiles(paths, { ...how, columns });
    } catch (error) {
      how.signal?.throwIfAborted();
      // The page says what was found, with or without drawings.
      void error;
      return undefined;
    }
  };
  const profile =
    data === null ? undefined : 'files' in data ? await profiled(data.files) : only(data.profile, columns);
  const profiles = new Map<string, DatasetProfile | undefined>();
  const references: Record<string, DatasetProfile> = {};
  for (const [i, check] of suite.checks.entries()) {
    if (check.type !== 'drift' && check.type !== 'dataset_drift' && check.type !== 'train_serve_skew') continue;
    const name = check.reference;
    if (!profiles.has(name)) profiles.set(name, await referenceProfile(name, known, profiled));
    const found = profiles.get(name);
    if (found !== undefined) {
      const shown = found.columns.filter(({ name }) => isShown(name));
      references[report.checks[i]!.name] = { ...found, columns: shown };
    }
  }
  return { profile, references };
}

function only({ columns, ...profile }: DatasetProfile, names: readonly string[]): DatasetProfile {
  return { ...profile, columns: columns.filter(({ name }) => names.includes(name)) };
}

async function referenceProfile(
  name: string,
  known: References,
  profiled: (files: readonly string[]) => Promise<DatasetProfile | undefined>,
): Promise<DatasetProfile | undefined> {
  const reference = known[name];
  if (reference !== undefined && 'absent' in reference) return undefined;
  if (reference !== undefined) return 'profile' in reference ? reference.profile : profiled(reference.files);
  return (await isProfile(name)) ? readProfile(name).catch(() => undefined) : profiled([name]);
}
