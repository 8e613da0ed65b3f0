import fc from 'fast-check';
import {
  partitionRange,
  partitionWindow,
  precedingPartitions,
  lastCompletePartition,
} from '../../../engine/datasets/index.js';
import { cronField, isMillraceError, parseCron, type Partitions } from '../../../schemas/index.js';

const cut = (cron: string, timezone = 'UTC'): Partitions => ({ kind: 'cron', cron, timezone });

function messageOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (isMillraceError(error) && error.code === 'PARTITION_INVALID') return error.message;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('a cron expression', () => {
  it.each<[string, object]>([
    ['0 6 * * 1-5', { minutes: [0], hours: [6], daysOfWeek: [1, 2, 3, 4, 5] }],
    ['*/20 0,12 1 jan-mar *', { minutes: [0, 20, 40], hours: [0, 12], daysOfMonth: [1], months: [1, 2, 3] }],
    ['5/25 * * * sun,7', { minutes: [5, 30, 55], daysOfWeek: [0] }],
    ['0 0 13 * 5', { bothDays: false }],
    ['0 0 */2 * 5', { bothDays: true }],
  ])('%s is read', (text, fields) => {
    expect(parseCron(text)).toMatchObject(fields);
  });

  it.each([
    ['0 6 * *', 'five fields'],
    ['60 * * * *', 'minute: "60" is not a value'],
    ['0 24 * * *', 'hour: "24"'],
    ['0 0 0 * *', 'day of the month: "0"'],
    ['0 0 * foo *', 'month: "foo"'],
    ['0 0 * * 5-1', 'day of the week: "5-1"'],
    ['*/0 * * * *', 'minute: "*/0"'],
    ['1-2-3 * * * *', 'minute: "1-2-3"'],
    ['0 0 30 2 *', 'never comes'],
  ])('%s is refused: %s', (text, message) => {
    expect(parseCron(text)).toContain(message);
    expect(cronField.safeParse(text).success).toBe(false);
  });
});

describe('partitions by cron', () => {
  it.each<[Partitions, string, string, string]>([
    [cut('0 6 * * 1-5'), '2001-03-02T06:00', '2001-03-02T06:00:00.000Z', '2001-03-05T06:00:00.000Z'],
    [cut('30 2 * * *', 'Europe/Berlin'), '2001-03-24T02:30', '2001-03-24T01:30:00.000Z', '2001-03-25T01:00:00.000Z'],
    // Half past two does not exist on the 25th: it comes when clocks have jumped, at three.
    [cut('30 2 * * *', 'Europe/Berlin'), '2001-03-25T02:30', '2001-03-25T01:00:00.000Z', '2001-03-26T00:30:00.000Z'],
    // Half past two comes twice on the 28th: the partition begins at the first.
    [cut('30 2 * * *', 'Europe/Berlin'), '2001-10-28T02:30', '2001-10-28T00:30:00.000Z', '2001-10-29T01:30:00.000Z'],
    [cut('0 0 29 2 *'), '2004-02-29T00:00', '2004-02-29T00:00:00.000Z', '2008-02-29T00:00:00.000Z'],
    [cut('0 0 13 * 5'), '2001-04-06T00:00', '2001-04-06T00:00:00.000Z', '2001-04-13T00:00:00.000Z'],
  ])('of %j: %s is from %s to %s', (partitions, key, start, end) => {
    expect(partitionWindow(partitions, key)).toEqual({ key, start, end });
    expect(lastCompletePartition(partitions, end)).toBe(key);
  });

  it('of hours skip the hour that clocks skip, and have the repeated one once', () => {
    const hours = cut('0 * * * *', 'Europe/Berlin');
    expect(partitionRange(hours, '2001-03-25T01:00', '2001-03-25T04:00')).toEqual([
      '2001-03-25T01:00',
      '2001-03-25T03:00',
      '2001-03-25T04:00',
    ]);
    expect(messageOf(() => partitionWindow(hours, '2001-03-25T02:00'))).toContain('the time zone skips');
    expect(partitionWindow(hours, '2001-10-28T02:00')).toMatchObject({
      start: '2001-10-28T00:00:00.000Z',
      end: '2001-10-28T02:00:00.000Z',
    });
  });

  it('refuse keys that are no times of theirs', () => {
    expect(messageOf(() => partitionWindow(cut('0 6 * * *'), '2001-03-01T07:00'))).toContain(
      'is not a time of "0 6 * * *"',
    );
    expect(messageOf(() => partitionWindow(cut('0 6 * * *'), '2001-03-01'))).toContain('of the form 2001-03-01T06:00');
  });

  it('tile time, whatever the expression and the zone', () => {
    const number = (low: number, high: number) => fc.integer({ min: low, max: high }).map(String);
    const cron = fc
      .tuple(
        fc.oneof(number(0, 59), fc.constantFrom('*/15', '0,30', '*/7')),
        fc.oneof(number(0, 23), fc.constantFrom('*', '*/6', '1-3')),
        fc.constantFrom('*', '1', '*/10', '15,28'),
        fc.constantFrom('*', '3', '10', '*/4'),
        fc.constantFrom('*', '0', '1-5', 'sat'),
      )
      .map((fields) => fields.join(' '));
    const zones = fc.constantFrom('UTC', ...Intl.supportedValuesOf('timeZone'));
    const instants = fc.date({ min: new Date('1990-01-01'), max: new Date('2030-01-01'), noInvalidDate: true });
    fc.assert(
      fc.property(cron, zones, instants, (expression, timezone, at) => {
        const partitions = cut(expression, timezone);
        const last = lastCompletePartition(partitions, at);
        const windows = precedingPartitions(partitions, last, 8).map((key) => partitionWindow(partitions, key));
        windows.slice(1).forEach((window, index) => expect(window.start).toBe(windows[index]?.end));
        expect(windows.every(({ start = '', end = '' }) => start < end && end <= at.toISOString())).toBe(true);
        expect((partitionWindow(partitions, last).end ?? '') <= at.toISOString()).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});
