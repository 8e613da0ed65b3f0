import type { Migration } from './migration.js';

/** What events of other tools on record say of columns. */
export const eventColumns: Migration = {
  version: 11,
  name: 'event columns',
  rebuild: true,
  sql: 'SELECT 1;',
};
