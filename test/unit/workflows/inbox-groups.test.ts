import fc from 'fast-check';
import {
  entryOf,
  groupOf,
  groupsOf,
  nextDue,
  settle,
  statusOf,
  surplusOf,
  type Group,
} from '../../../workflows/inbox-groups.js';
import type { WaitingTarget, WaitingTrigger } from '../../../workflows/inbox-input.js';

const target = (partition: string, more: Partial<WaitingTarget> = {}): WaitingTarget => ({
  ...{ partition, params: {}, lacking: [], debounceMs: 0, maxWaitMs: 10_000, whileRunning: 'queue' },
  ...more,
});

const waiting = (id: string, at: number, ...targets: WaitingTarget[]): WaitingTrigger => ({
  event: { id, source: 'service', subject: '', params: {} },
  trigger: 'service',
  receivedAt: new Date(at).toISOString(),
  targets,
  ended: [],
  ignored: null,
});

const run = { partition: 'a', workflowId: 'run/p/a', runId: 'r' };

describe('events in an inbox', () => {
  it('are one group where one run answers them', () => {
    const groups = groupsOf(
      [
        waiting('1', 0, target('a'), target('b')),
        waiting('2', 0, target('a', { params: { x: 1, y: 2 } })),
        waiting('3', 0, target('a', { params: { y: 2, x: 1 } }), target('b')),
      ],
      0,
    );
    expect(groups.map(({ events }) => events.map(({ event }) => event.id))).toEqual([['1'], ['1', '3'], ['2', '3']]);
  });

  it('wait until it is quiet, at the latest as long as the oldest may, and for what the newest lacks', () => {
    const debounced = { debounceMs: 1000, maxWaitMs: 2500 };
    const events = [0, 900, 1800].map((at, index) => waiting(String(index), at, target('a', debounced)));
    expect(groupsOf(events.slice(0, 2), 1899)[0]).toMatchObject({ due: false, dueAt: 1900 });
    expect(groupsOf(events, 2499)[0]).toMatchObject({ due: false, dueAt: 2500 });
    expect(nextDue(groupsOf(events, 2400), 2400)).toBe(100);
    expect(groupsOf(events, 2500)[0]).toMatchObject({ due: true });
    const lacking = waiting('l', 1800, target('a', { ...debounced, lacking: ['other a'] }));
    expect(groupsOf([...events, lacking], 9999)[0]).toMatchObject({ due: false, lacking: ['other a'] });
    expect(nextDue(groupsOf([lacking], 0), 0)).toBeNull();
  });

  it('do not all wait where many are about one run that is sure to start', () => {
    const many = (more: Partial<WaitingTarget> = {}) =>
      Array.from({ length: 7 }, (_, index) => waiting(String(index), index, target('a', more), target('b')));
    const surplus = (all: WaitingTrigger[]) => surplusOf(groupsOf(all, 0)[0] as Group, 4).map(({ event }) => event.id);
    expect(surplus(many())).toEqual(['1', '2', '3', '4']);
    expect(surplus(many().slice(0, 4))).toEqual([]);
    expect(surplus(many({ whileRunning: 'ignore' }))).toEqual([]);
    const mixed = many();
    mixed[2] = waiting('2', 2, target('a', { whileRunning: 'merge' }));
    expect(surplus(mixed)).toEqual(['1', '3', '4']);
  });

  it('end once each, whatever partitions they are about: one of each run started it', () => {
    const partition = fc.constantFrom('a', 'b', 'c', 'd');
    const events = fc.array(fc.uniqueArray(partition, { minLength: 1 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(events, fc.array(fc.boolean()), (partitions, starts) => {
        const all = partitions.map((keys, index) => waiting(String(index), 0, ...keys.map((key) => target(key))));
        const ended: WaitingTrigger[] = [];
        let runs = 0;
        for (let turn = 0; ; turn += 1) {
          const [group] = groupsOf(all, 0);
          if (group === undefined) break;
          const started = starts[turn] ?? true;
          if (started) runs += 1;
          ended.push(...settle(group, started ? { ...run, partition: group.partition } : null, started ? null : 'no'));
        }
        expect(ended.map(({ event }) => event.id).sort()).toEqual(all.map(({ event }) => event.id).sort());
        const lines = ended.map((event) => entryOf('p', event).event);
        expect(lines.filter(({ outcome }) => outcome === 'started').length).toBeLessThanOrEqual(runs);
        expect(ended.flatMap((event) => event.ended).filter(({ started }) => started)).toHaveLength(runs);
        for (const { outcome, reason } of lines) if (outcome !== 'started') expect(reason).not.toBe('');
      }),
    );
  });

  it('may be tens of thousands: what waits, and the group of one, is known while a workflow task lasts', () => {
    const count = 50_000;
    const events = Array.from({ length: count }, (_, index) => waiting(String(index), 0, target(`p${index}`)));
    const status = statusOf('p', true, events, [], 0);
    expect(status.waiting).toHaveLength(count);
    expect(status.waiting.at(-1)).toMatchObject({
      id: String(count - 1),
      waitsFor: expect.stringContaining(`p${count - 1}`),
    });
    const last = groupsOf(events, 0).at(-1);
    expect(groupOf(events, last?.key ?? '', 0)).toEqual(last);
    expect(groupOf(events, 'another', 0)).toBeUndefined();
    expect(nextDue(groupsOf(events, -5), -5)).toBe(5);
  });
});
