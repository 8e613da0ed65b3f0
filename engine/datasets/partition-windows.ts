import { DateTime } from 'luxon';
import {
  DIMENSION_SEPARATOR,
  MillraceError,
  WHOLE_KEY,
  type Dimension,
  type Partitions,
  type PartitionWindow,
} from '../../schemas/index.js';
import { cronRules } from './cron-keys.js';
import { localTimeOf, type LocalTime } from './local-time.js';
import { listKeys, requireMember } from './key-set.js';
import { KEY_RULES, type Interval, type KeyRules } from './partition-keys.js';

/**
 * The window of a partition key, as instants in UTC. Keys of time are in the partitions’ zone: a day has 23 or 25 hours
 * when clocks change; an hour that is skipped has no key, and one that is repeated has a second key with its offset.
 * @throws MillraceError PARTITION_INVALID with the expected form and range
 */
export function partitionWindow(partitions: Partitions, key: string): PartitionWindow {
  switch (partitions.kind) {
    case 'none':
      if (key !== WHOLE_KEY) throw invalid(`partition ${quote(key)}: the only key is ${WHOLE_KEY}`);
      return { key };
    case 'static':
      requireMember(partitions, key);
      return { key };
    case 'product': {
      const [first, second] = productParts(partitions, key);
      // At most one of the two has a window.
      return {
        ...partitionWindow(first.partitions, first.key),
        ...partitionWindow(second.partitions, second.key),
        key,
      };
    }
    default:
      return toWindow(key, calendarOf(partitions).interval(key));
  }
}

/**
 * Key of the last partition that ended at or before an instant; the last of all when the range has ended before.
 * @throws MillraceError PARTITION_INVALID when none has ended yet, or static keys leave the choice open
 */
export function lastCompletePartition(partitions: Partitions, instant: string | Date): string {
  if (partitions.kind === 'none') return WHOLE_KEY;
  if (partitions.kind === 'static') {
    const [only, ...others] = partitions.keys;
    if (only !== undefined && others.length === 0) return only;
    throw invalid(`a partition must be named, one of ${listKeys(partitions)}`);
  }
  if (partitions.kind === 'product') {
    const [first, second] = dimensionsOf(partitions);
    return joinKey(lastCompletePartition(first, instant), lastCompletePartition(second, instant));
  }
  const calendar = calendarOf(partitions);
  const at = millisOf(instant);
  const candidate = calendar.before(calendar.interval(calendar.keyAt(at), false).start);
  if (calendar.last !== undefined && calendar.interval(candidate, false).start > calendar.last.start) {
    return calendar.last.key;
  }
  if (calendar.first !== undefined && calendar.interval(candidate, false).start < calendar.first.start) {
    throw invalid(`no partition is complete at ${iso(at)}; the first, ${calendar.first.key}, ends later`);
  }
  return candidate;
}

/**
 * Key of the partition of time that contains an instant, the first or the last of all if it lies outside of their range.
 * @throws MillraceError PARTITION_INVALID
 */
export function keyContaining(partitions: TimePartitions, instant: string | Date): string {
  const calendar = calendarOf(partitions);
  const key = calendar.keyAt(millisOf(instant));
  const { start } = calendar.interval(key, false);
  if (calendar.first !== undefined && start < calendar.first.start) return calendar.first.key;
  if (calendar.last !== undefined && start > calendar.last.start) return calendar.last.key;
  return key;
}

/**
 * The keys right before a key, oldest first; fewer than `count` where the partitions start. Static keys follow no
 * order of time, so nothing precedes them; of two dimensions, the one of time goes back and the other stays.
 * @throws MillraceError PARTITION_INVALID for the key
 */
export function precedingPartitions(partitions: Partitions, key: string, count: number): string[] {
  const { start } = partitionWindow(partitions, key);
  if (partitions.kind === 'product') {
    const [first, second] = productParts(partitions, key);
    const before = (part: KeyPart) => precedingPartitions(part.partitions, part.key, count);
    return first.partitions.kind === 'static'
      ? before(second).map((other) => joinKey(first.key, other))
      : before(first).map((other) => joinKey(other, second.key));
  }
  if (partitions.kind === 'none' || partitions.kind === 'static' || start === undefined) return [];
  const calendar = calendarOf(partitions);
  const keys: string[] = [];
  let begin = millisOf(start);
  while (keys.length < count && (calendar.first === undefined || begin > calendar.first.start)) {
    const previous = calendar.before(begin);
    keys.push(previous);
    begin = calendar.interval(previous, false).start;
  }
  return keys.reverse();
}

/**
 * The keys from one to another, both included; static keys in the order of their list. Of two dimensions, each goes from its
 * part of one key to its part of the other; one that is left out of both keys has all its keys, if it is static.
 * @param most keys; a range of more is refused before they are made
 * @throws MillraceError PARTITION_INVALID for either key, or when `from` comes after `to`
 */
export function partitionRange(partitions: Partitions, from: string, to: string, most = Infinity): string[] {
  if (partitions.kind === 'product') return productRange(partitions, from, to, most);
  const first = partitionWindow(partitions, from);
  const last = partitionWindow(partitions, to);
  if (partitions.kind === 'none') return [WHOLE_KEY];
  const keys: string[] = [];
  if (partitions.kind === 'static') {
    keys.push(...partitions.keys.slice(partitions.keys.indexOf(from), partitions.keys.indexOf(to) + 1));
  } else if (first.start !== undefined && last.end !== undefined) {
    const calendar = calendarOf(partitions);
    const end = millisOf(last.end);
    if (partitions.kind !== 'cron' && (end - millisOf(first.start)) / LONGEST_MS[partitions.kind] > most) {
      throw tooMany(from, to, most);
    }
    for (let at = millisOf(first.start); at < end; at = calendar.interval(keys.at(-1) ?? from, false).end) {
      keys.push(calendar.keyAt(at));
      if (keys.length > most) throw tooMany(from, to, most);
    }
  }
  if (keys.length > most) throw tooMany(from, to, most);
  if (keys.length === 0) throw invalid(`the range from ${quote(from)} to ${quote(to)} ends before it begins`);
  return keys;
}

/** All keys of what is no time, in their order; undefined where there is a dimension of time. @throws PARTITION_INVALID for more than `most` */
export function wholeSet(partitions: Partitions, most = Infinity): string[] | undefined {
  if (partitions.kind === 'none') return [WHOLE_KEY];
  if (partitions.kind === 'static') return [...partitions.keys];
  if (partitions.kind !== 'product') return undefined;
  const [first, second] = dimensionsOf(partitions);
  if (first.kind !== 'static' || second.kind !== 'static') return undefined;
  if (first.keys.length * second.keys.length > most) {
    throw invalid(`there are more than ${most} combinations of keys; take them in parts`);
  }
  return first.keys.flatMap((one) => second.keys.map((other) => joinKey(one, other)));
}

/**
 * The calendar dates that a key of days, weeks or months names, as windows of midnights in UTC whatever the zone: what
 * a column of dates, which have no time of day, is compared with.
 * @returns undefined for other keys
 */
export function calendarDates(key: string): { first: string; after: string } | undefined {
  const utc = localTimeOf('UTC');
  if (utc === undefined) return undefined;
  for (const part of key.split(DIMENSION_SEPARATOR)) {
    for (const kind of ['daily', 'weekly', 'monthly'] as const) {
      const interval = KEY_RULES[kind].parse(part, utc);
      if (typeof interval !== 'string') return { first: isoDate(interval.start), after: isoDate(interval.end) };
    }
  }
  return undefined;
}

type ProductPartitions = Extract<Partitions, { kind: 'product' }>;

interface KeyPart {
  partitions: Dimension;
  key: string;
}

function dimensionsOf({ dimensions }: ProductPartitions): [Dimension, Dimension] {
  const [first, second] = Object.values(dimensions);
  if (first === undefined || second === undefined) throw invalid('a product of partitions has two dimensions');
  return [first, second];
}

const joinKey = (first: string, second: string) => `${first}${DIMENSION_SEPARATOR}${second}`;

function productParts(partitions: ProductPartitions, key: string): [KeyPart, KeyPart] {
  const [first, second] = dimensionsOf(partitions);
  const parts = key.split(DIMENSION_SEPARATOR);
  const [firstKey, secondKey] = parts;
  if (parts.length !== 2 || firstKey === undefined || secondKey === undefined) {
    const names = Object.keys(partitions.dimensions).join(DIMENSION_SEPARATOR);
    throw invalid(`partition ${quote(key)}: expected a key of the form ${names}`);
  }
  return [
    { partitions: first, key: firstKey },
    { partitions: second, key: secondKey },
  ];
}

/** No partition is longer, whatever clocks do: a range has at least as many as fit into it. */
const LONGEST_MS = { hourly: 2 * 3_600_000, daily: 2 * 86_400_000, weekly: 8 * 86_400_000, monthly: 32 * 86_400_000 };

function tooMany(from: string, to: string, most: number): MillraceError {
  return invalid(`the range from ${quote(from)} to ${quote(to)} has more than ${most} partitions; take it in parts`);
}

/** The first dimension changes slowest, so that a range in time is in the order of time if time comes first. */
function productRange(partitions: ProductPartitions, from: string, to: string, most: number): string[] {
  const [first, second] = dimensionsOf(partitions);
  const whole = (dimension: Dimension) => (dimension.kind === 'static' ? dimension.keys : undefined);
  const both = [from, to].every((key) => key.includes(DIMENSION_SEPARATOR));
  const ranges = both
    ? productParts(partitions, from).map(({ partitions: dimension, key }, index) =>
        partitionRange(dimension, key, productParts(partitions, to)[index]?.key ?? key, most),
      )
    : whole(second) !== undefined
      ? [partitionRange(first, from, to, most), whole(second)]
      : [whole(first), partitionRange(second, from, to, most)];
  const [outer = [], inner = []] = ranges;
  if (outer.length * inner.length > most) throw tooMany(from, to, most);
  return outer.flatMap((one) => inner.map((other) => joinKey(one, other)));
}

type TimePartitions = Extract<Partitions, { timezone: string }>;

interface Bound extends Interval {
  key: string;
}

interface Calendar {
  first: Bound | undefined;
  last: Bound | undefined;
  /** Interval of a key; `ranged` also refuses keys before the first and after the last. */
  interval(key: string, ranged?: boolean): Interval;
  keyAt(instant: number): string;
  /** Key of the partition that ends at an instant. */
  before(instant: number): string;
}

function calendarOf(partitions: TimePartitions): Calendar {
  const rules = partitions.kind === 'cron' ? cronRules(partitions.cron) : KEY_RULES[partitions.kind];
  const time = localTimeOf(partitions.timezone);
  if (time === undefined) throw invalid(`${quote(partitions.timezone)} is not a time zone of the IANA database`);
  const expected = describeExpected(partitions, rules);
  const bound = (key: string | undefined, name: string) =>
    key === undefined ? undefined : { key, ...intervalOf(`${name} of the partitions`, key, rules, time, expected) };
  const first = bound(partitions.start, 'start');
  const last = bound(partitions.end, 'end');
  return {
    first,
    last,
    interval(key, ranged = true) {
      const interval = intervalOf('partition', key, rules, time, expected);
      if (ranged && first !== undefined && interval.start < first.start) {
        throw invalid(`partition ${quote(key)} comes before the first; ${expected}`);
      }
      if (ranged && last !== undefined && interval.start > last.start) {
        throw invalid(`partition ${quote(key)} comes after the last; ${expected}`);
      }
      return interval;
    },
    keyAt: (instant) => rules.keyAt(instant, time),
    before: (instant) => rules.keyAt(instant - 1, time),
  };
}

function intervalOf(what: string, key: string, rules: KeyRules, time: LocalTime, expected: string): Interval {
  const interval = rules.parse(key, time);
  if (typeof interval === 'string') throw invalid(`${what} ${quote(key)} ${interval}; ${expected}`);
  return interval;
}

function describeExpected({ timezone, start, end }: TimePartitions, rules: KeyRules): string {
  const range = [start === undefined ? [] : [`from ${start}`], end === undefined ? [] : [`to ${end}`]].flat().join(' ');
  return `expected a key of the form ${rules.form}${range === '' ? '' : `, ${range}`}, in ${timezone}`;
}

function toWindow(key: string, interval: Interval): PartitionWindow {
  return { key, start: iso(interval.start), end: iso(interval.end) };
}

function millisOf(instant: string | Date): number {
  const time = typeof instant === 'string' ? DateTime.fromISO(instant, { zone: 'UTC' }) : DateTime.fromJSDate(instant);
  if (!time.isValid) throw invalid(`${quote(String(instant))} is not an instant`);
  return time.toMillis();
}

const iso = (millis: number) => new Date(millis).toISOString();
const isoDate = (millis: number) => iso(millis).slice(0, 10);
const quote = (text: string) => `"${text}"`;
const invalid = (message: string) => new MillraceError('PARTITION_INVALID', message);
