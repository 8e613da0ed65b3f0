import { parseDatasetReference, type LineageClient } from '../engine/lineage/index.js';
import type { DatasetVersionDetails } from '../schemas/lineage-api.js';
import { MillraceError } from '../schemas/errors.js';

/**
 * The version that is meant: the one that begins so, else the published one of the partition, else, without a partition,
 * the published one of a dataset that has no others.
 * @throws MillraceError DATASET_VERSION_NOT_FOUND, INPUT_INVALID where several are meant
 */
export async function findVersion(lineage: LineageClient, text: string): Promise<DatasetVersionDetails> {
  const { dataset, partition, version } = parseDatasetReference(text);
  const where = partition === undefined ? {} : { partition };
  const which = version === undefined ? { published: true } : { version };
  const meant = await lineage.datasetVersions(dataset, { ...where, ...which, limit: 6 });
  const [found, other] = meant;
  if (found === undefined) {
    const versions = await lineage.datasetVersions(dataset, { ...where, limit: 1 });
    const state = versions.length === 0 ? 'nothing is on record' : 'none of its versions is published';
    const what = version === undefined ? state : `none of its versions begins with ${version}`;
    throw new MillraceError('DATASET_VERSION_NOT_FOUND', `${text}: ${what}`);
  }
  if (other === undefined) return found;
  const names = meant.slice(0, 5).map(({ ref }) => `${ref.dataset}/${ref.partition}@${ref.version.slice(0, 12)}`);
  throw new MillraceError(
    'INPUT_INVALID',
    `${text} may be ${names.join(', ')}${meant.length > 5 ? ' and others' : ''}`,
  );
}
