import fc from 'fast-check';
import { lastCompletePartition, partitionWindow, precedingPartitions } from '../../../engine/datasets/index.js';

const ZONES = Intl.supportedValuesOf('timeZone');
const DAY = 86_400_000;

/** Offset at an instant as the JavaScript engine’s own calendar tells it, in words. */
function offsets(timeZone: string): (at: number) => string {
  const format = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' });
  return (at) => format.formatToParts(at).find(({ type }) => type === 'timeZoneName')?.value ?? '';
}

/** The first day in some years that ends with another offset than it begins with. */
function changes(timeZone: string): number[] {
  const offsetAt = offsets(timeZone);
  const found: number[] = [];
  for (const year of [2001, 2011]) {
    const days = Array.from({ length: 12 }, (_, month) => Date.UTC(year, month, 1));
    for (const [index, first] of days.entries()) {
      const next = days[index + 1] ?? Date.UTC(year + 1, 0, 1);
      if (offsetAt(first) === offsetAt(next)) continue;
      let day = first;
      while (offsetAt(day + DAY) === offsetAt(first)) day += DAY;
      found.push(day);
    }
  }
  return found;
}

describe(`partitions in all ${ZONES.length} time zones of the runtime`, () => {
  it('tile time around each change of clocks: days, and the hours of those days', () => {
    let changed = 0;
    for (const timezone of ZONES) {
      for (const day of changes(timezone)) {
        changed += 1;
        for (const [kind, count] of [
          ['daily', 4],
          ['hourly', 52],
        ] as const) {
          const cut = { kind, timezone };
          const windows = precedingPartitions(cut, lastCompletePartition(cut, new Date(day + 3 * DAY)), count).map(
            (key) => partitionWindow(cut, key),
          );
          windows.slice(1).forEach((window, index) => {
            if (window.start !== windows[index]?.end) throw new Error(`${timezone}: a gap before ${window.key}`);
          });
        }
      }
    }
    // Not every zone changes its clocks, but hundreds do.
    expect(changed).toBeGreaterThan(200);
  });

  it('give each instant one partition, which ends after it', () => {
    const kinds = fc.constantFrom('hourly' as const, 'daily' as const, 'weekly' as const, 'monthly' as const);
    const instants = fc.date({ min: new Date('1990-01-01'), max: new Date('2035-01-01'), noInvalidDate: true });
    fc.assert(
      fc.property(kinds, fc.constantFrom(...ZONES), instants, (kind, timezone, at) => {
        const cut = { kind, timezone };
        const last = partitionWindow(cut, lastCompletePartition(cut, at));
        const [before] = precedingPartitions(cut, last.key, 1);
        expect(Date.parse(last.end ?? '')).toBeLessThanOrEqual(at.getTime());
        expect(partitionWindow(cut, before ?? '').end).toBe(last.start);
        expect(lastCompletePartition(cut, last.end ?? '')).toBe(last.key);
      }),
      { numRuns: 600 },
    );
  });
});
