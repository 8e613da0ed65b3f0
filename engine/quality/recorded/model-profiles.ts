import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { MillraceError } from '../../../schemas/errors.js';
import type { ObjectStore } from '../../datasets/index.js';
import { PROFILE_VERSION, type DatasetProfile } from '../profile/profile.js';

/** Profiles of what a model was trained on, by the name of the input. */
export type ModelProfiles = Readonly<Record<string, DatasetProfile>>;

/** Text that a reader accepts. */
const MOST_BYTES = 256 << 20;

/** Puts profiles into the object store: JSON, compressed. @returns the address */
export async function storeModelProfiles(store: Pick<ObjectStore, 'putBytes'>, inputs: ModelProfiles): Promise<string> {
  const { uri } = await store.putBytes(await promisify(gzip)(JSON.stringify({ version: PROFILE_VERSION, inputs })));
  return uri;
}

/** @throws MillraceError OBJECT_NOT_FOUND, OBJECT_CORRUPT also for profiles of another version, STORE_UNAVAILABLE */
export async function readModelProfiles(store: Pick<ObjectStore, 'read'>, uri: string): Promise<ModelProfiles> {
  const bytes = await store.read(uri);
  try {
    const text = await promisify(gunzip)(bytes, { maxOutputLength: MOST_BYTES });
    const { version, inputs } = JSON.parse(text.toString('utf8')) as { version: unknown; inputs: ModelProfiles };
    if (version === PROFILE_VERSION) return inputs;
    throw new TypeError(`they are of version ${String(version)}`);
  } catch (error) {
    const reason = `${uri} does not hold profiles that can be read: ${(error as Error).message}`;
    throw new MillraceError('OBJECT_CORRUPT', reason, { cause: error });
  }
}
