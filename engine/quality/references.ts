import { open, readFile } from 'node:fs/promises';
import type { Check, Suite } from '../../schemas/check.js';
import { definitionOf } from './kernels/index.js';
import type { ReferenceFindings } from './kernels/kernel.js';
import { PROFILE_VERSION, type DatasetProfile } from './profile/profile.js';
import { runScan, type ScanJob } from './run-scan.js';
import { prepareFiles } from './sources/prepare-files.js';

/** What the name of a reference stands for: files of rows, a profile that was taken of them, or nothing yet, and why. */
export type Reference = { files: readonly string[] } | { profile: DatasetProfile } | { absent: string };

/** References by the names that a suite uses. */
export type References = Readonly<Record<string, Reference>>;

/** A check that profiles columns and is not judged. */
export function profiling(columns: readonly string[] | 'all'): Check {
  const measuring = { type: 'train_serve_skew', reference: '', alpha: 1, max: 0, severity: 'error' } as const;
  return columns === 'all' ? measuring : { ...measuring, columns: [...columns] };
}

/**
 * Finds out what the references of a suite’s checks are, each read once, whatever the number of checks. A reference that cannot be
 * read makes its checks errors, not the suite.
 * @returns in the order of the suite; undefined for checks without a reference
 */
export async function findReferences(
  suite: Suite,
  references: References,
  how: Pick<ScanJob, 'threads' | 'pool' | 'signal'>,
): Promise<(ReferenceFindings | undefined)[]> {
  const wanted = suite.checks.map((check) => definitionOf(check).comparison?.(check));
  const names = new Set(wanted.flatMap((comparison) => comparison?.reference ?? []));
  const findings: (ReferenceFindings | undefined)[] = wanted.map(() => undefined);
  for (const name of names) {
    const places = wanted.flatMap((comparison, i) => (comparison?.reference === name ? [i] : []));
    const checks = places.map((i) => wanted[i]!.check ?? profiling(wanted[i]!.profile ?? 'all'));
    const found = await findReference(name, references[name], checks, how);
    places.forEach((place, i) => (findings[place] = found[i]!));
  }
  return findings;
}

async function findReference(
  name: string,
  reference: Reference | undefined,
  checks: Check[],
  how: Pick<ScanJob, 'threads' | 'pool' | 'signal'>,
): Promise<ReferenceFindings[]> {
  try {
    const known = reference ?? ((await isProfile(name)) ? { profile: await readProfile(name) } : { files: [name] });
    if ('absent' in known) return checks.map(() => known);
    if ('profile' in known) {
      return checks.map((check) =>
        check.type === 'train_serve_skew'
          ? { profile: known.profile }
          : { failed: `of ${name} there is but a profile` },
      );
    }
    const prepared = await prepareFiles(known.files, how);
    try {
      const suite = { checks, keyColumns: [], piiColumns: [] };
      const { states, kinds } = await runScan({ ...how, files: prepared.files, suite, findings: [], fullScan: false });
      return states.map((state, i) => {
        if (state.kind === 'error') return { failed: `the reference ${name}: ${state.message}` };
        return state.kind === 'profile' ? { profile: state.profile } : { state, kinds: kinds[i]! };
      });
    } finally {
      await prepared.dispose();
    }
  } catch (error) {
    how.signal?.throwIfAborted();
    return checks.map(() => ({ failed: `the reference ${name}: ${(error as Error).message}` }));
  }
}

/** What a profile begins with; rows may lie in a JSON file too. */
const PROFILE_HEAD = /^\s*\{\s*"version"\s*:\s*\d+\s*,\s*"rows"\s*:/;
const HEAD_BYTES = 256;

/** Whether a file is a profile that was stored as JSON, of whatever version, and not rows; false where it cannot be read. */
export async function isProfile(path: string): Promise<boolean> {
  if (!path.endsWith('.json')) return false;
  const file = await open(path).catch(() => undefined);
  if (file === undefined) return false;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return PROFILE_HEAD.test(buffer.toString('utf8', 0, bytesRead));
  } catch {
    return false;
  } finally {
    await file.close();
  }
}

/**
 * Reads a profile that was stored as JSON.
 * @throws TypeError for what is no profile, or one of another version
 */
export async function readProfile(path: string): Promise<DatasetProfile> {
  const profile = JSON.parse(await readFile(path, 'utf8')) as DatasetProfile;
  if (profile.version !== PROFILE_VERSION || !Array.isArray(profile.columns)) {
    throw new TypeError(`it is no profile of version ${PROFILE_VERSION}`);
  }
  return profile;
}
