import fc from 'fast-check';
import { turnsOf } from '../../../workflows/line-turns.js';

const member = (day: number) => ({
  ...{ ticket: `t${day}`, workflowId: `firing/${day}`, runId: `r${day}` },
  nominalTime: new Date(Date.UTC(2001, 2, day)).toISOString(),
});
const days = fc.uniqueArray(fc.integer({ min: 1, max: 28 }), { maxLength: 12 });

describe('the turns of firings', () => {
  it('are in the order of their times, whenever they came, and not more than may be at work', () => {
    fc.assert(
      fc.property(
        days,
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 0, max: 4 }),
        (waiting, maxActive, active) => {
          const { next, superseded } = turnsOf(waiting.map(member), active, { order: 'all', maxActive });
          expect(superseded).toEqual([]);
          const free = active < maxActive && waiting.length > 0;
          expect(next).toEqual(free ? member(Math.min(...waiting)) : undefined);
        },
      ),
    );
  });

  it('are of the newest alone, where the others give way to it', () => {
    fc.assert(
      fc.property(days, fc.integer({ min: 0, max: 2 }), (waiting, active) => {
        const { next, superseded } = turnsOf(waiting.map(member), active, { order: 'newest', maxActive: 1 });
        const newest = Math.max(...waiting);
        expect(next).toEqual(active === 0 && waiting.length > 0 ? member(newest) : undefined);
        expect(superseded.map((one) => one.member.ticket).sort()).toEqual(
          waiting
            .filter((day) => day !== newest)
            .map((day) => member(day).ticket)
            .sort(),
        );
        expect(superseded.every(({ by }) => by === member(newest).nominalTime)).toBe(true);
      }),
    );
  });
});
