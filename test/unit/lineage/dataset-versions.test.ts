import { findVersion } from '../../../cli/dataset-reference.js';
import { everyVersion, type LineageClient } from '../../../engine/lineage/index.js';
import type { DatasetVersionRef } from '../../../schemas/index.js';
import { datasetRef, datasetVersion, published } from './story.js';
import { withOwner } from './support.js';

/** Keys of days, in order. */
const day = (index: number) => new Date(Date.UTC(2001, 0, 1 + index)).toISOString().slice(0, 10);

describe('versions of a dataset', () => {
  const DAYS = 1200;
  const refs = Array.from({ length: DAYS }, (_, index) => datasetRef(day(index)));
  const newer = Array.from({ length: DAYS }, (_, index) => datasetRef(day(index), `again ${index}`));
  const first = refs[0] as DatasetVersionRef;

  /** All days are published; then each gets a version that is not. */
  async function fill(client: LineageClient): Promise<void> {
    for (let start = 0; start < DAYS; start += 400) {
      const part = refs.slice(start, start + 400);
      await client.record(part.flatMap((ref) => [datasetVersion('r', ref), published('r', ref)]));
    }
    for (let start = 0; start < DAYS; start += 400) {
      await client.record(newer.slice(start, start + 400).map((ref) => datasetVersion('r', ref)));
    }
  }

  it('are listed in pages beyond a thousand, and are found however old they are', async () => {
    await withOwner(async (client) => {
      await fill(client);
      const ids = (versions: { ref: DatasetVersionRef }[]) => versions.map(({ ref }) => ref.version);
      const newestFirst = [...newer].reverse().concat([...refs].reverse());
      expect(ids(await everyVersion(client, 'flights'))).toEqual(newestFirst.map(({ version }) => version));
      const page = await client.datasetVersionsPage('flights', { limit: 1000 });
      const second = await client.datasetVersionsPage('flights', { limit: 5, after: page.next ?? '' });
      expect(ids(second.versions)).toEqual(newestFirst.slice(1000, 1005).map(({ version }) => version));
      const last = await client.datasetVersionsPage('flights', { limit: 1000, published: true, to: day(9) });
      expect(last).toMatchObject({ next: null });
      expect(ids(last.versions)).toEqual(
        refs
          .slice(0, 10)
          .map(({ version }) => version)
          .reverse(),
      );

      // Behind more than a thousand newer ones.
      expect(ids(await client.datasetVersions('flights', { published: true, limit: 1 }))).toEqual([
        refs.at(-1)?.version,
      ]);
      expect((await findVersion(client, `flights@${first.version.slice(0, 12)}`)).ref).toEqual(first);
      expect((await findVersion(client, `flights/${day(0)}`)).ref).toEqual(first);
      await expect(findVersion(client, 'flights')).rejects.toMatchObject({ code: 'INPUT_INVALID' });
      await expect(findVersion(client, 'flights@ffff')).rejects.toMatchObject({ code: 'DATASET_VERSION_NOT_FOUND' });
      await expect(client.datasetVersionsPage('flights', { after: 'x' })).rejects.toMatchObject({
        ...{ code: 'INPUT_INVALID', problems: [{ path: 'after' }] },
      });
    });
  });
});
