import * as fc from 'fast-check';
import { KnownKeys } from '../../../engine/lineage/known-keys.js';
import { openLineageStore } from '../../../engine/lineage/index.js';
import { february, runFinished } from './story.js';
import { errorOf, withDatabasePath } from './support.js';

describe('the filter of keys', () => {
  it('has every key that was added, and few others', () => {
    const known = new KnownKeys(1);
    const keys = Array.from({ length: 100_000 }, (_, index) => `run-${index}/step/end`);
    for (const key of keys) known.add(key);
    expect(keys.every((key) => known.mayHave(key))).toBe(true);
    expect(keys.filter((key) => known.mayHave(`${key}!`)).length).toBeLessThan(100);
  });

  it('forgets nothing, whatever the keys', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (keys) => {
        const known = new KnownKeys(1);
        for (const key of keys) known.add(key);
        expect(keys.every((key) => known.mayHave(key))).toBe(true);
      }),
    );
  });

  it('is filled from the events of a database, so that what is on record is known after a restart', async () => {
    await withDatabasePath(async (path) => {
      const first = await openLineageStore({ path });
      await first.record(february());
      await first.close();
      const again = await openLineageStore({ path });
      const results = await again.record(february());
      expect(new Set(results.map(({ status }) => status))).toEqual(new Set(['known']));
      const other = { ...runFinished('run-1'), reason: 'OTHER' } as ReturnType<typeof runFinished>;
      expect(await errorOf(again.record([other]))).toMatch(/^LINEAGE_CONFLICT/);
      await again.close();
    });
  });
});
