import type { Migration } from './migration.js';

/** Edges to datasets by the names that other tools have for them: those of symlinks, which events on record have too. */
export const sourceDatasets: Migration = {
  version: 10,
  name: 'source datasets',
  rebuild: true,
  sql: 'SELECT 1;',
};
