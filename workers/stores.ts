import { join, resolve } from 'node:path';
import {
  createLocalObjectStore,
  createNamedFiles,
  createS3NamedObjects,
  createS3ObjectStore,
  s3ConnectionOf,
  type NamedObjects,
  type ObjectStore,
} from '../engine/datasets/index.js';
import { createSecrets, type Secrets } from '../engine/secrets.js';
import { MillraceError, type MillraceConfig, type StoreConfig } from '../schemas/index.js';

/**
 * Small objects by name in a store, under `audit/` and the start of the fingerprint of the key that signs them.
 * Errors: CONFIG_INVALID.
 */
export function checkpointCopies(
  { stores, audit }: Pick<MillraceConfig, 'stores' | 'audit'>,
  dataDir: string,
  secrets: Secrets = createSecrets(),
): (fingerprint: string) => NamedObjects {
  const store = stores[audit.store];
  if (store === undefined) throw new MillraceError('CONFIG_INVALID', `audit.store: there is no store "${audit.store}"`);
  return (fingerprint) => {
    const folder = `audit/${fingerprint.slice(0, 16)}`;
    if (store.kind === 'local') return createNamedFiles(join(resolve(dataDir, store.path), folder));
    const { bucket, prefix } = store;
    return createS3NamedObjects({ bucket, prefix: `${prefix}${folder}/`, ...s3ConnectionOf(store, secrets) });
  };
}

/** The object store that datasets and models go to. Errors: CONFIG_INVALID. */
export function defaultStore(stores: MillraceConfig['stores'], dataDir: string, secrets?: Secrets): ObjectStore {
  const store = stores['default'];
  if (store === undefined) throw new MillraceError('CONFIG_INVALID', 'stores: there is no store named "default"');
  return openStore('default', store, dataDir, secrets);
}

/**
 * A store of the configuration. Nothing is connected to and no secret is resolved before the first request.
 * @param dataDir folder at which relative paths start, and under which objects of remote stores are cached
 */
export function openStore(
  name: string,
  store: StoreConfig,
  dataDir: string,
  secrets: Secrets = createSecrets(),
): ObjectStore {
  switch (store.kind) {
    case 'local':
      return createLocalObjectStore({ name, root: resolve(dataDir, store.path) });
    case 's3': {
      const { bucket, prefix, cacheBytes } = store;
      const cache = { folder: join(dataDir, 'cache', name), limitBytes: cacheBytes };
      return createS3ObjectStore({ name, bucket, prefix, cache, ...s3ConnectionOf(store, secrets) });
    }
  }
}
