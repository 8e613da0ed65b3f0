import {
  MillraceError,
  type DatasetVersionDetails,
  type DatasetVersionRef,
  type ModelVersionRef,
} from '../../../schemas/index.js';
import { datasetFiles, type ObjectStore } from '../../datasets/index.js';
import { parseDatasetReference } from '../../lineage/dataset-reference.js';
import { everyVersion } from '../../lineage/every-version.js';
import type { LineageClient } from '../../lineage/index.js';
import { profileFiles, type ProfileFilesOptions } from '../profile-files.js';
import { mergeProfiles } from '../profile/merge-profiles.js';
import type { DatasetProfile } from '../profile/profile.js';
import { readStates } from '../stored-states.js';
import { readModelProfiles } from './model-profiles.js';

/** Where data on record are found. */
export interface Records {
  lineage: Pick<LineageClient, 'datasetVersions' | 'datasetVersionsPage' | 'alias' | 'model'>;
  store: ObjectStore;
}

/** What a name of data on record stands for. */
export interface RecordedData {
  profile: DatasetProfile;
  /** The versions whose rows the profile is about; none for those that a model was trained on, which may be gone. */
  versions: DatasetVersionRef[];
  model: ModelVersionRef | null;
}

/**
 * The profile of data on record: `dataset:NAME` (all published partitions), `dataset:NAME/KEY`, `dataset:NAME/FROM..TO`, each with
 * `@VERSION` where another version than the published one is meant; `model:NAME@ALIAS` and `model:NAME@NUMBER` for what a model was
 * trained on, with `/INPUT` where it had several inputs. Stored profiles are merged; only where one is missing, rows are read.
 * @throws MillraceError DATASET_VERSION_NOT_FOUND, NOT_FOUND for a model or alias that is not there, INPUT_INVALID for other names,
 * those of the store and of `profileFiles`
 */
export async function recordedData(
  records: Records,
  name: string,
  options: ProfileFilesOptions = {},
): Promise<RecordedData> {
  const [, kind, rest = ''] = /^(dataset|model):(.*)$/s.exec(name) ?? [];
  if (kind === 'model') return trainingData(records, rest);
  if (kind !== 'dataset') throw invalid(name);
  const versions = await namedVersions(records, rest);
  return {
    profile: await profileOfVersions(records, versions, options),
    versions: versions.map(({ ref }) => ref),
    model: null,
  };
}

/** The versions of a name without its `dataset:`, by partition. @throws as `recordedData` */
export async function namedVersions({ lineage }: Records, name: string): Promise<DatasetVersionDetails[]> {
  const { dataset, partition, version } = parseDatasetReference(name);
  // A key may end with a dot, and none begins with one.
  const [, from = partition ?? '', to] = /^(.+)\.\.(.+)$/s.exec(partition ?? '') ?? [];
  const single = partition !== undefined && to === undefined;
  const meant = await everyVersion(lineage, dataset, {
    ...(version === undefined ? { published: true } : { version }),
    ...(single ? { partition } : partition === undefined ? {} : { from, to: to ?? from }),
  });
  if (meant.length > 0) return meant.sort((a, b) => (a.ref.partition < b.ref.partition ? -1 : 1));
  const listed = await lineage.datasetVersions(dataset, { limit: 1, ...(single && { partition }) });
  const reason = listed.length === 0 ? 'nothing is on record' : 'no published version is';
  throw new MillraceError('DATASET_VERSION_NOT_FOUND', `${name}: ${reason}`);
}

/** The stored profiles of versions together; where one is missing or they do not fit together, that of their rows. */
export async function profileOfVersions(
  { store }: Pick<Records, 'store'>,
  versions: readonly Pick<DatasetVersionDetails, 'ref' | 'states'>[],
  options: ProfileFilesOptions = {},
): Promise<DatasetProfile> {
  const { columns } = options;
  const stored: DatasetProfile[] = [];
  for (const { states } of versions) {
    options.signal?.throwIfAborted();
    const profile = states === null ? null : (await readStates(store, states)).profile;
    const names = new Set(profile?.columns.map(({ name }) => name));
    if (profile === null || columns?.some((name) => !names.has(name)) === true) break;
    stored.push(onlyColumns(profile, columns));
  }
  if (stored.length === versions.length) {
    try {
      return stored.reduce(mergeProfiles);
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error;
    }
  }
  const files = await Promise.all(versions.map(({ ref }) => datasetFiles(store, ref)));
  return profileFiles(files.flat(), options);
}

async function trainingData({ lineage, store }: Records, name: string): Promise<RecordedData> {
  const [, model, which, input] = /^([^@/]+)@([^@/]+)(?:\/([^@/]+))?$/.exec(name) ?? [];
  if (model === undefined || which === undefined) throw invalid(`model:${name}`);
  const { ref, profiles } = /^\d+$/.test(which)
    ? await numbered(lineage, model, Number(which))
    : await lineage.alias(model, which);
  if (profiles === null) {
    throw new MillraceError(
      'NOT_FOUND',
      `of ${model} v${ref.version} no profile of what it was trained on is on record`,
    );
  }
  const inputs = await readModelProfiles(store, profiles);
  const names = Object.keys(inputs);
  const profile = input === undefined && names.length === 1 ? inputs[names[0]!] : inputs[input ?? ''];
  if (profile !== undefined) return { profile, versions: [], model: ref };
  throw new MillraceError('INPUT_INVALID', `model:${name}: name one of its inputs behind a "/": ${names.join(', ')}`);
}

async function numbered(lineage: Records['lineage'], model: string, version: number) {
  const found = (await lineage.model(model)).versions.find((one) => one.version === version);
  if (found === undefined) throw new MillraceError('NOT_FOUND', `the model ${model} has no version ${version}`);
  const { digest, uri, bytes, profiles } = found;
  return { ref: { model, digest, uri, bytes, version }, profiles };
}

function onlyColumns(profile: DatasetProfile, names: readonly string[] | undefined): DatasetProfile {
  if (names === undefined) return profile;
  return { ...profile, columns: profile.columns.filter(({ name }) => names.includes(name)) };
}

function invalid(name: string): MillraceError {
  const message = `"${name}" is neither dataset:NAME[/PARTITION][@VERSION] nor model:NAME@ALIAS[/INPUT]`;
  return new MillraceError('INPUT_INVALID', message);
}
