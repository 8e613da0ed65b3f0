import { IANAZone } from 'luxon';

/**
 * Local time of one zone, on milliseconds. A wall time is written as the milliseconds that the same date and time would
 * have in UTC. Offsets are taken from the IANA database that the JavaScript engine carries.
 */
export interface LocalTime {
  /** Offset from UTC at an instant, in milliseconds; positive east of Greenwich. */
  offsetAt(instant: number): number;
  /** Wall time at an instant. */
  wallAt(instant: number): number;
  /** The instants at which clocks show a wall time, the earliest first: none if they jump over it, two if they are set back. */
  instants(wall: number): number[];
  /** First instant at which clocks show a wall time or, where clocks jump over it, a later one. */
  firstInstant(wall: number): number;
  /** First instant in (from, to] at which clocks have been set, if the offset differs at both; these lie at most a day apart. */
  changeWithin(from: number, to: number): number | undefined;
  /** The stretches of time in which clocks show a certain hour: none if it is skipped, two if it is repeated. */
  stretches(wallHour: number): Stretch[];
}

/** A half-open interval with one offset; milliseconds. */
export interface Stretch {
  start: number;
  end: number;
  offset: number;
}

export const HOUR = 3_600_000;
export const MINUTE = 60_000;

/** Farther than any offset and change of offset: two looks at this distance see the offset before and after a change. */
const REACH = 26 * HOUR;

/** Clocks are not set twice within a day, so where the offset is the same at both its ends, it is in between. */
const DAY = 24 * HOUR;
const KEPT_DAYS = 100_000;

const zones = new Map<string, LocalTime>();

/** @returns undefined if there is no zone of that name */
export function localTimeOf(zoneName: string): LocalTime | undefined {
  const known = zones.get(zoneName);
  if (known !== undefined || !IANAZone.isValidZone(zoneName)) return known;
  const made = localTime(IANAZone.create(zoneName));
  zones.set(zoneName, made);
  return made;
}

/** Asking the engine for an offset takes a hundred times as long as all else, and a range of partitions asks for the same ones again and again. */
function keptOffsets(zone: IANAZone): (instant: number) => number {
  const read = (instant: number) => Math.round(zone.offset(instant) * MINUTE);
  const kept = new Map<number, number>();
  const atBegin = (day: number): number => {
    const known = kept.get(day);
    if (known !== undefined) return known;
    if (kept.size >= KEPT_DAYS) kept.clear();
    const offset = read(day * DAY);
    kept.set(day, offset);
    return offset;
  };
  return (instant) => {
    const day = Math.floor(instant / DAY);
    const begin = atBegin(day);
    return begin === atBegin(day + 1) ? begin : read(instant);
  };
}

function localTime(zone: IANAZone): LocalTime {
  const offsetAt = keptOffsets(zone);
  const candidates = (wall: number) => [...new Set([offsetAt(wall - REACH), offsetAt(wall + REACH)])];

  /** First instant in (from, to] whose offset is not that at `from`. */
  function changeBetween(from: number, to: number): number {
    const before = offsetAt(from);
    let low = from;
    let high = to;
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (offsetAt(middle) === before) low = middle;
      else high = middle;
    }
    return high;
  }

  const instants = (wall: number) =>
    candidates(wall)
      .map((offset) => wall - offset)
      .filter((instant) => instant + offsetAt(instant) === wall)
      .sort((a, b) => a - b);

  return {
    offsetAt,
    wallAt: (instant) => instant + offsetAt(instant),
    instants,

    firstInstant(wall) {
      const [first] = instants(wall);
      if (first !== undefined) return first;
      const offsets = candidates(wall);
      return changeBetween(wall - Math.max(...offsets), wall - Math.min(...offsets));
    },

    changeWithin: (from, to) => (offsetAt(from) === offsetAt(to) ? undefined : changeBetween(from, to)),

    stretches(wallHour) {
      return candidates(wallHour)
        .flatMap((offset) => {
          const start = wallHour - offset;
          const end = start + HOUR;
          const atStart = offsetAt(start) === offset;
          const atEnd = offsetAt(end - 1) === offset;
          if (!atStart && !atEnd) return [];
          if (atStart && atEnd) return [{ start, end, offset }];
          const change = changeBetween(start, end - 1);
          return [atStart ? { start, end: change, offset } : { start: change, end, offset }];
        })
        .sort((a, b) => a.start - b.start);
    },
  };
}
