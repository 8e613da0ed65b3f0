import { resolve } from 'node:path';
import { createLocalObjectStore, type ObjectStore } from '../engine/datasets/index.js';
import { MillraceError, type MillraceConfig } from '../schemas/index.js';

/** The object store that datasets and models go to. Errors: CONFIG_INVALID. */
export function defaultStore(stores: MillraceConfig['stores'], dataDir: string): ObjectStore {
  const store = stores.default;
  if (store === undefined) throw new MillraceError('CONFIG_INVALID', 'stores: there is no store named "default"');
  return createLocalObjectStore({ name: 'default', root: resolve(dataDir, store.path) });
}
