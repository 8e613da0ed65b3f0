import type { restoreBackup as restore } from './backup.js';
import type { startLineageOwner as start } from './lineage-owner.js';
import type { openLineageStore as open } from './lineage-store.js';

// DuckDB and the HTTP server are loaded by those who open the database: most commands only ask its owner, and start without them.

/** As {@link start}. */
export const startLineageOwner: typeof start = async (options) =>
  (await import('./lineage-owner.js')).startLineageOwner(options);

/** As {@link open}. */
export const openLineageStore: typeof open = async (options) =>
  (await import('./lineage-store.js')).openLineageStore(options);

/** As {@link restore}. */
export const restoreBackup: typeof restore = async (options) => (await import('./backup.js')).restoreBackup(options);
