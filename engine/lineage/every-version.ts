import type { DatasetVersionDetails } from '../../schemas/index.js';
import type { DatasetVersionsOptions, LineageClient } from './lineage-client.js';

const PAGE = 1000;

/** Every version of a dataset that is meant, newest first, however many there are. */
export async function everyVersion(
  lineage: Pick<LineageClient, 'datasetVersionsPage'>,
  dataset: string,
  options: Omit<DatasetVersionsOptions, 'limit'> = {},
): Promise<DatasetVersionDetails[]> {
  const all: DatasetVersionDetails[] = [];
  for (let after: string | undefined; ;) {
    const page = await lineage.datasetVersionsPage(dataset, {
      ...options,
      limit: PAGE,
      ...(after !== undefined && { after }),
    });
    all.push(...page.versions);
    if (page.next === null) return all;
    after = page.next;
  }
}
