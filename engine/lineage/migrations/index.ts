import { initial } from './0001-initial.js';
import { staleness } from './0002-staleness.js';
import { audit } from './0003-audit.js';
import { marks } from './0004-marks.js';
import { triggers } from './0005-triggers.js';
import { openlineage } from './0006-openlineage.js';
import { alerts } from './0007-alerts.js';
import { cache } from './0008-cache.js';
import { partitionSets } from './0009-partition-sets.js';
import { sourceDatasets } from './0010-source-datasets.js';
import { eventColumns } from './0011-event-columns.js';
import type { Migration } from './migration.js';

export type { Migration } from './migration.js';

/** All migrations in order. */
export const MIGRATIONS: readonly Migration[] = [
  initial,
  staleness,
  audit,
  marks,
  triggers,
  openlineage,
  alerts,
  cache,
  partitionSets,
  sourceDatasets,
  eventColumns,
];
