import { MillraceError, type StoreConfig } from '../../schemas/index.js';
import type { Secrets } from '../secrets.js';
import type { SourceAccess } from './dataset-dependencies.js';
import { s3ConnectionOf } from './s3-session.js';

/** Access to sources outside of the machine, by the stores of the configuration and the secrets of this process. */
export function sourceAccess(stores: Record<string, StoreConfig>, secrets: Secrets): SourceAccess {
  return {
    secrets,
    s3(name) {
      const store = stores[name];
      if (store?.kind === 's3') return s3ConnectionOf(store, secrets);
      const message = `there is no store "${name}" of kind s3 in the configuration`;
      throw new MillraceError('INPUT_INVALID', `source.store: ${message}`, {
        problems: [{ path: 'source.store', message }],
      });
    },
  };
}
