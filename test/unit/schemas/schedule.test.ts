import {
  parseCron,
  partitionsSchema,
  parseWith,
  scheduleSchema,
  timezoneField,
  triggerSchema,
} from '../../../schemas/index.js';

const problemOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('nothing was wrong');
};

describe('a cron expression', () => {
  it.each([
    ['@hourly', '0 * * * *'],
    ['@daily', '0 0 * * *'],
    ['@weekly', '0 0 * * 0'],
    ['@yearly', '0 0 1 1 *'],
  ])('may be %s', (name, fields) => expect(parseCron(name)).toEqual(parseCron(fields)));

  it.each([
    ['@every 90m', /everySeconds/],
    ['@fortnightly', /one of @hourly, @daily/],
    ['CRON_TZ=Europe/Berlin 0 0 * * *', /the field `timezone`/],
    ['0 0 0 * * *', /no seconds and no years/],
    ['0 0 ? * *', /write "\*"/],
    ['0 22-4 * * *', /as two, joined by ","/],
    ['0 0 L * *', /L, W and # are not known/],
    ['0 0 * * 5#2', /L, W and # are not known/],
  ])('that is %s is told what to write instead', (text, expected) => expect(parseCron(text)).toMatch(expected));
});

describe('a schedule', () => {
  const cron = '0 3 * * *';
  it.each<[object, RegExp]>([
    [{ cron, startAt: '2027-01-02T00:00:00Z', endAt: '2027-01-01T00:00:00Z' }, /endAt must come after startAt/],
    [{ cron, jitterSeconds: 1e12 }, /jitterSeconds must be at most/],
    [{ cron, catchUpSeconds: 1e15 }, /catchUpSeconds must be at most/],
    [{ everySeconds: 1e13 }, /everySeconds must be at most/],
    [{ cron, timezone: 'europe/berlin' }, /timezone must be a time zone/],
  ])('of %j is refused', (schedule, expected) =>
    expect(problemOf(() => parseWith(scheduleSchema, schedule, 'schedule'))).toMatch(expected),
  );

  it.each(['Europe/Berlin', 'UTC', 'EST5EDT', 'US/Eastern', 'GMT', 'Asia/Kolkata', 'America/Argentina/Ushuaia'])(
    'may be in %s',
    (zone) => expect(timezoneField.safeParse(zone).success).toBe(true),
  );
  it.each(['utc', '+02:00', 'Europe/berlin', 'local', ''])('may not be in "%s"', (zone) =>
    expect(timezoneField.safeParse(zone).success).toBe(false),
  );
});

it('a kind of partitions that is none is told all there are', () => {
  expect(problemOf(() => parseWith(partitionsSchema, { kind: 'quarterly' }, 'partitions'))).toContain(
    'hourly, daily, weekly, monthly, cron, static',
  );
});

it.each([
  ['in/{day}/x.csv', /no name in braces but \{partition\}/],
  ['s3://', /must name a bucket/],
  ['s3:///key', /must name a bucket/],
])('a trigger on files in %s is refused', (path, expected) => {
  expect(problemOf(() => parseWith(triggerSchema, { on: 'file', name: 'f', path }, 'trigger'))).toMatch(expected);
});
