import type { Suite } from '../../../schemas/check.js';
import { MillraceError } from '../../../schemas/errors.js';
import type { ReportReference } from '../../../schemas/quality-report.js';
import { datasetFiles } from '../../datasets/index.js';
import { definitionOf } from '../kernels/index.js';
import type { ProfileFilesOptions } from '../profile-files.js';
import type { Reference, References } from '../references.js';
import { namedVersions, recordedData, type Records } from './recorded-data.js';
import { isRecordedName } from './recorded-name.js';

/** The references of a suite that are on record, and what they were when they were looked up. */
export interface RecordedReferences {
  references: References;
  read: ReportReference[];
}

/**
 * Looks up the references of a suite that are names of data on record. What checks of drift compare with is a profile; for others
 * the rows are fetched. A model or an alias that is not there yet is no mistake: its checks are skipped.
 * @throws MillraceError as `recordedData`, but for that
 */
export async function recordedReferences(
  records: Records,
  suite: Suite,
  options: ProfileFilesOptions = {},
): Promise<RecordedReferences> {
  const wanted = suite.checks.flatMap((check) => definitionOf(check).comparison?.(check) ?? []);
  const names = [...new Set(wanted.map(({ reference }) => reference))].filter(isRecordedName);
  const found: RecordedReferences = { references: {}, read: [] };
  const references: Record<string, Reference> = {};
  for (const name of names) {
    const needsRows = wanted.some(({ reference, check }) => reference === name && check !== undefined);
    const { reference, read } = await lookedUp(records, name, needsRows, options);
    references[name] = reference;
    found.read.push(...read);
  }
  return { ...found, references };
}

async function lookedUp(
  records: Records,
  name: string,
  needsRows: boolean,
  options: ProfileFilesOptions,
): Promise<{ reference: Reference; read: ReportReference[] }> {
  try {
    if (needsRows && name.startsWith('dataset:')) {
      const versions = (await namedVersions(records, name.slice('dataset:'.length))).map(({ ref }) => ref);
      const files = await Promise.all(versions.map((ref) => datasetFiles(records.store, ref)));
      return { reference: { files: files.flat() }, read: [{ name, versions, model: null }] };
    }
    const { profile, versions, model } = await recordedData(records, name, options);
    return { reference: { profile }, read: [{ name, versions, model }] };
  } catch (error) {
    const isMissing = error instanceof MillraceError && error.code === 'NOT_FOUND';
    if (!isMissing) throw error;
    return { reference: { absent: error.message }, read: [] };
  }
}
