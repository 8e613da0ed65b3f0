import { setTimeout as delay } from 'node:timers/promises';
import { createLineageClient } from '../../../engine/lineage/index.js';
import { LongWork } from '../../../engine/lineage/long-work.js';
import { followWork } from '../../../cli/follow-work.js';
import type { LineageRecord, OwnerWork } from '../../../schemas/index.js';
import { AT } from './story.js';
import { withOwner } from './support.js';

const EVENTS = 10_000;

describe('work of the owner that takes longer than a question', () => {
  it('is listed with its share while it is under way: a rebuild, and the verification of the audit', async () => {
    await withOwner(async (client, url) => {
      const patient = createLineageClient({ url, timeoutMs: 60_000 });
      const record = (n: number): LineageRecord => ({
        ...{
          kind: 'action_taken',
          key: `k${n}`,
          at: AT,
          actor: 'ann',
          action: 'start',
          target: `run/${n}`,
          reason: '',
        },
      });
      for (let start = 0; start < EVENTS; start += 1000) {
        await client.record(Array.from({ length: 1000 }, (_, n) => record(start + n)));
      }
      const seenDuring = async (working: Promise<unknown>) => {
        const seen: OwnerWork[] = [];
        let ended = false;
        const end = working.finally(() => (ended = true));
        while (!ended) {
          seen.push(...(await patient.work()));
          await delay(10);
        }
        await end;
        return seen;
      };
      for (const [what, working] of [
        ['rebuild', () => patient.rebuild()],
        ['audit verify', () => patient.verifyAudit()],
      ] as const) {
        const seen = await seenDuring(working());
        expect(seen.length).toBeGreaterThan(0);
        expect(new Set(seen.map((one) => `${one.what} of ${one.events}`))).toEqual(new Set([`${what} of ${EVENTS}`]));
        const shares = seen.map(({ done }) => done);
        expect(shares).toEqual(shares.toSorted((a, b) => a - b));
      }
      expect(await client.work()).toEqual([]);
    });
  });

  it('adds its rounds up, and is not listed once it has failed', async () => {
    const work = new LongWork();
    const shares: number[] = [];
    const failing = work.run({ what: 'audit verify', events: 4, rounds: 2 }, async (onEvents) => {
      for (const count of [2, 4, 1, 4, 9]) {
        onEvents(count);
        shares.push(work.list()[0]?.done ?? -1);
      }
      throw new Error('the disk is gone');
    });
    await expect(failing).rejects.toThrow('the disk is gone');
    expect(shares).toEqual([0.25, 0.5, 0.625, 1, 1]);
    expect(work.list()).toEqual([]);
  });

  it('is told on standard error once it has taken two seconds', async () => {
    const written: string[] = [];
    const stream = { isTTY: false, write: (text: string) => written.push(text) > 0 } as unknown as NodeJS.WriteStream;
    const one = { what: 'rebuild', events: 1_000_000, done: 0.349, startedAt: AT } as const;
    const later = new Promise<string>((resolve) => setTimeout(() => resolve('done'), 2300));
    expect(await followWork({ work: async () => [one] }, 'rebuild', later, stream)).toBe('done');
    expect(written).toEqual(['rebuild: 34 % of 1,000,000 events\n']);
    await followWork({ work: async () => [one] }, 'rebuild', Promise.resolve(), stream);
    expect(written).toHaveLength(1);
  });
});
