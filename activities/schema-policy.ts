import { refuseSchemaChange } from '../engine/datasets/index.js';
import type { LineageClient } from '../engine/lineage/index.js';
import { FAILED_CHECKS_COLUMN, type Column, type IngestStep } from '../schemas/index.js';

/** Refuses columns that the step’s policy forbids, seen from the newest version that is published. @throws SCHEMA_CHANGED */
export async function holdToPolicy(
  lineage: Pick<LineageClient, 'datasetVersions'>,
  { dataset, schemaPolicy }: Pick<IngestStep, 'dataset' | 'schemaPolicy'>,
  { columns }: { columns: readonly Column[] },
): Promise<void> {
  if (schemaPolicy === undefined || schemaPolicy === 'any') return;
  const [before] = await lineage.datasetVersions(dataset, { published: true, limit: 1 });
  if (before === undefined) return;
  // A check may have added its column behind the step that is held here.
  const own = before.columns.filter(({ name }) => name !== FAILED_CHECKS_COLUMN);
  refuseSchemaChange(schemaPolicy, dataset, { ...before.ref, columns: own }, columns);
}
