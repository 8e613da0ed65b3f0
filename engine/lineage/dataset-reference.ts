import { MillraceError } from '../../schemas/index.js';

/** A version as people name it: `DATASET[/PARTITION][@VERSION]`, the version by its first characters. */
export interface DatasetReference {
  dataset: string;
  partition: string | undefined;
  version: string | undefined;
}

const FORM = /^([^/@]+)(?:\/([^@]+))?(?:@([0-9a-f]{4,32}))?$/;

/** @throws MillraceError INPUT_INVALID */
export function parseDatasetReference(text: string): DatasetReference {
  const [, dataset, partition, version] = FORM.exec(text) ?? [];
  if (dataset !== undefined) return { dataset, partition, version };
  throw new MillraceError('INPUT_INVALID', `"${text}" is not of the form DATASET[/PARTITION][@VERSION]`);
}
