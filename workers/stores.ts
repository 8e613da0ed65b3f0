import { join, resolve } from 'node:path';
import {
  createLocalObjectStore,
  createS3ObjectStore,
  s3ConnectionOf,
  type ObjectStore,
} from '../engine/datasets/index.js';
import { createSecrets, type Secrets } from '../engine/secrets.js';
import { MillraceError, type MillraceConfig, type StoreConfig } from '../schemas/index.js';

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
