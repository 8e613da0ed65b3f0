import type { CacheClaimRequest, LineageRecord } from '../../../schemas/index.js';
import { openLineageStore } from '../../../engine/lineage/index.js';
import { withDatabasePath, withStore } from './support.js';

const key = 'a'.repeat(64);
const claimOf = (runId: string, more: Partial<CacheClaimRequest> = {}): CacheClaimRequest => ({
  ...{ key, runId, workflowId: `run/${runId}/all`, step: 'total', replaces: null, ...more },
});
const holder = (runId: string) => ({ holder: { runId, workflowId: `run/${runId}/all`, step: 'total' } });
const NOBODY = { holder: null };
const at = '2001-03-01T00:00:00.000Z';

const ended = (runId: string, status: 'succeeded' | 'failed', nth = 1): LineageRecord => ({
  ...{ kind: 'step_finished', key: `${runId}/total/${status}/${nth}`, at, runId, step: 'total', type: 'transform' },
  ...{ status, startedAt: at, summary: '', code: null, inputs: [], inputModels: [] },
});

describe('claims of what is computed', () => {
  it('are had by one at a time, and asked for as often as one likes', async () => {
    await withStore(async (store) => {
      const answers = await Promise.all(Array.from({ length: 250 }, (_, index) => store.claim(claimOf(`r${index}`))));
      expect(answers.filter((answer) => answer.holder === null)).toHaveLength(1);
      expect(answers.slice(1)).toEqual(Array(249).fill(holder('r0')));
      expect(await store.claim(claimOf('r0'))).toEqual(NOBODY);
      expect(await store.claim(claimOf('r1', { key: 'b'.repeat(64) }))).toEqual(NOBODY);
    });
  });

  it.each(['succeeded', 'failed'] as const)(
    'end when the step has %s, and begin anew when it is claimed again',
    async (status) => {
      await withStore(async (store) => {
        await store.claim(claimOf('a'));
        await store.record([ended('a', status)]);
        expect(await store.claim(claimOf('b'))).toEqual(NOBODY);
        expect(await store.claim(claimOf('a'))).toEqual(holder('b'));
        await store.record([ended('b', 'failed')]);
        // A step that is tried again holds its claim although it has failed before.
        expect(await store.claim(claimOf('a'))).toEqual(NOBODY);
        expect(await store.claim(claimOf('b'))).toEqual(holder('a'));
      });
    },
  );

  it('end with the run, and are taken by whoever noticed that it has ended without a word', async () => {
    await withStore(async (store) => {
      await store.claim(claimOf('a'));
      const end = { verdict: 'failed', reason: 'TERMINATED', message: 'terminated' } as const;
      await store.record([{ kind: 'run_finished', key: 'a/finished', at, runId: 'a', ...end }]);
      expect(await store.claim(claimOf('b'))).toEqual(NOBODY);
      expect(await store.claim(claimOf('c', { replaces: 'a' }))).toEqual(holder('b'));
      expect(await store.claim(claimOf('c', { replaces: 'b' }))).toEqual(NOBODY);
      expect(await store.claim(claimOf('d', { replaces: 'b' }))).toEqual(holder('c'));
    });
  });

  it('outlive the owner, and a rebuild of all projections', async () => {
    await withDatabasePath(async (path) => {
      const first = await openLineageStore({ path });
      await first.claim(claimOf('a'));
      await first.rebuild();
      await first.close();
      const second = await openLineageStore({ path });
      expect(await second.claim(claimOf('b'))).toEqual(holder('a'));
      await second.close();
    });
  });
});
