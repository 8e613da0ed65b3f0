import {
  datasetManifestSchema,
  isMillraceError,
  MillraceError,
  parseWith,
  type Column,
  type DatasetManifest,
  type DatasetVersionRef,
} from '../../schemas/index.js';
import { digestOf } from '../digest.js';
import type { ObjectStore } from './object-store.js';

/** A Parquet file that is ready to become a dataset version. */
export interface WrittenFile {
  path: string;
  rows: number;
  columns: Column[];
}

/**
 * Puts a file and then the manifest that names it into the store. The version follows from the content alone: the same
 * rows in the same columns have the same version, whoever writes them and whenever. Nothing refers to what an attempt
 * left behind, until the reference that is returned is committed.
 */
export async function storeVersion(
  store: ObjectStore,
  name: Pick<DatasetVersionRef, 'dataset' | 'partition'>,
  file: WrittenFile,
): Promise<DatasetVersionRef> {
  const stored = await store.putFile(file.path);
  const manifest: DatasetManifest = {
    format: 'millrace.dataset/1',
    columns: file.columns,
    files: [{ ...stored, rows: file.rows }],
  };
  const { digest, uri } = await store.putJson(manifest);
  return {
    ...name,
    version: versionOf(digest),
    uri,
    rows: file.rows,
    bytes: stored.bytes,
    schemaFingerprint: digestOf(file.columns),
  };
}

/**
 * The manifest of a dataset version.
 * @throws MillraceError OBJECT_NOT_FOUND, OBJECT_CORRUPT also for a manifest of another version, STORE_UNAVAILABLE
 */
export async function readManifest(store: ObjectStore, ref: DatasetVersionRef): Promise<DatasetManifest> {
  return namingVersion(ref, () => manifestOf(store, ref));
}

async function manifestOf(store: ObjectStore, ref: DatasetVersionRef): Promise<DatasetManifest> {
  const text = (await store.read(ref.uri)).toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new MillraceError('OBJECT_CORRUPT', `${ref.uri} is not a manifest: no JSON`, { cause: error });
  }
  const manifest = parseWith(datasetManifestSchema, value, `manifest ${ref.uri}`, 'OBJECT_CORRUPT');
  const version = versionOf(digestOf(manifest));
  if (version !== ref.version) {
    throw new MillraceError('OBJECT_CORRUPT', `${ref.uri} is version ${version} and not ${ref.version}`);
  }
  return manifest;
}

/**
 * Paths of local files with the rows of a dataset version, in the order of the manifest, their digests verified.
 * @throws MillraceError OBJECT_NOT_FOUND, OBJECT_CORRUPT, STORE_UNAVAILABLE
 */
export async function datasetFiles(store: ObjectStore, ref: DatasetVersionRef): Promise<string[]> {
  const { files } = await readManifest(store, ref);
  return Promise.all(files.map(({ uri }) => namingVersion(ref, () => store.localPath(uri))));
}

/** A store knows digests alone; who is to restore an object needs to know whose it is. */
async function namingVersion<T>(ref: DatasetVersionRef, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!isMillraceError(error) || (error.code !== 'OBJECT_NOT_FOUND' && error.code !== 'OBJECT_CORRUPT')) throw error;
    const message = `${ref.dataset}/${ref.partition}, version ${ref.version}: ${error.message}`;
    throw new MillraceError(error.code, message, { problems: error.problems, cause: error });
  }
}

const versionOf = (manifestDigest: string) => manifestDigest.slice(0, 32);
