import type { FrozenPipeline } from '../../schemas/index.js';
import type { LineageClient } from '../lineage/index.js';
import { median } from './backfill-plan.js';

/** Partitions whose inputs have other versions than those that were read, of any dataset that the pipeline writes. */
export async function outdatedPartitions(lineage: LineageClient, { steps }: FrozenPipeline): Promise<Set<string>> {
  const found = new Set<string>();
  for (const step of Object.values(steps)) {
    if (step.type !== 'ingest' && step.type !== 'transform') continue;
    for (let after: string | null | undefined; after !== null;) {
      const page = await lineage.stale({ dataset: step.dataset, limit: 1000, after });
      for (const { partition, reasons } of page.partitions) {
        if (reasons.some(({ reason }) => reason === 'input_changed')) found.add(partition);
      }
      after = page.next;
    }
  }
  return found;
}

/** Rows of the typical version of each dataset that the pipeline writes; null where nothing is known of one, or it writes none. */
export async function expectedRows(
  lineage: LineageClient,
  { steps }: FrozenPipeline,
  runs: number,
): Promise<number | null> {
  const written = Object.values(steps).filter((step) => step.type === 'ingest' || step.type === 'transform');
  if (written.length === 0) return null;
  const typical = await Promise.all(
    written.map(async ({ dataset }) => median((await lineage.datasetVersions(dataset)).map(({ ref }) => ref.rows))),
  );
  if (typical.some((rows) => rows === null)) return null;
  return runs * typical.reduce<number>((sum, rows) => sum + (rows ?? 0), 0);
}
