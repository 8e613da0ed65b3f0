import { BackfillTally } from '../../../workflows/backfill-tally.js';

const SUCCEEDED = { letter: 's', problem: null } as const;
const tally = (partitions: number) =>
  new BackfillTally('p', { outcomes: '.'.repeat(partitions), notes: [], failures: [], ends: [], failed: 0 });

describe('the rate of a backfill', () => {
  it('counts from when the first run began: runs that begin together end almost together', () => {
    const counted = tally(31);
    for (let position = 0; position < 10; position += 1) counted.begin(position, 1_000);
    expect(counted.progress(31)).toMatchObject({ perMinute: null, expectedEnd: null });
    for (let position = 0; position < 10; position += 1) counted.end(position, 'x', SUCCEEDED, 31_000);
    expect(counted.progress(21).perMinute).toBe(20);
    expect(Date.parse(counted.progress(21).expectedEnd ?? '')).toBe(31_000 + 21 * 3_000);
  });

  it('is that of the last fifty once there are more', () => {
    const counted = tally(200);
    counted.begin(0, 0);
    for (let position = 0; position < 100; position += 1) {
      counted.end(position, 'x', SUCCEEDED, 600_000 + position * 1_000);
    }
    expect(counted.progress(0)).toMatchObject({ perMinute: 60, expectedEnd: null });
  });

  it('goes on in an execution that takes over', () => {
    const before = tally(3);
    before.begin(0, 0);
    before.end(0, 'x', SUCCEEDED, 60_000);
    const after = new BackfillTally('p', before.state());
    after.begin(1, 60_000);
    after.end(1, 'y', SUCCEEDED, 120_000);
    expect(after.progress(1)).toMatchObject({ perMinute: 1, expectedEnd: new Date(180_000).toISOString() });
  });
});
