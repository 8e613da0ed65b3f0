import type { CalendarSpec, ScheduleDescription, ScheduleOptions, ScheduleOverlapPolicy } from '@temporalio/client';
import { parseCron } from '../schemas/cron.js';
import { MillraceError } from '../schemas/errors.js';
import { lineRulesOf, scheduleId, type FiringInput, type Schedule } from '../schemas/schedule.js';
import type { LineRules } from '../schemas/line.js';
import { taskQueue } from '../schemas/task-queues.js';

/** A schedule in a form that can be compared field by field, whether it was wished for or read from Temporal. */
export interface ScheduleFacts {
  /** One text a calendar or interval. */
  times: string;
  timezone: string;
  startAt: string;
  endAt: string;
  jitterSeconds: number;
  overlap: string;
  catchUpSeconds: number;
  maxActive: number;
  pauseOnFailure: boolean;
  action: string;
  params: string;
}

const MONTHS = [
  'JANUARY',
  'FEBRUARY',
  'MARCH',
  'APRIL',
  'MAY',
  'JUNE',
  'JULY',
  'AUGUST',
  'SEPTEMBER',
  'OCTOBER',
  'NOVEMBER',
  'DECEMBER',
] as const;
const DAYS = ['SUNDAY', 'MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY'] as const;
const NONE = 'none';

/** What Temporal is given for a schedule. */
export function scheduleOptions(pipeline: string, schedule: Schedule): ScheduleOptions {
  const line = lineRulesOf(schedule);
  const input: FiringInput = {
    ...{ pipeline, params: schedule.params, requestedBy: 'schedule' },
    ...(line !== undefined && { line }),
  };
  const { startAt, endAt } = schedule;
  return {
    scheduleId: scheduleId(pipeline),
    spec: {
      calendars: schedule.cron === undefined ? [] : calendarsOf(schedule.cron),
      intervals: schedule.everySeconds === undefined ? [] : [{ every: schedule.everySeconds * 1000 }],
      timezone: schedule.timezone,
      jitter: schedule.jitterSeconds * 1000,
      ...(startAt !== undefined && { startAt: new Date(startAt) }),
      ...(endAt !== undefined && { endAt: new Date(endAt) }),
    },
    action: {
      type: 'startWorkflow',
      workflowType: 'scheduledFiring',
      workflowId: `firing/${pipeline}`,
      taskQueue: taskQueue('orchestration'),
      args: [input],
      staticSummary: `${pipeline}: a firing of its schedule`,
    },
    policies: {
      // Where firings take turns among themselves, Temporal starts each of them.
      overlap: (line === undefined ? schedule.overlap : 'allow_all').toUpperCase() as ScheduleOverlapPolicy,
      catchupWindow: schedule.catchUpSeconds * 1000,
      pauseOnFailure: line === undefined && schedule.pauseOnFailure,
    },
  };
}

/**
 * A cron expression as Temporal’s calendars, so that what Temporal gives back can be compared with it. Its calendars match
 * where all fields do; a cron with both fields of days restricted is two of them.
 */
function calendarsOf(cron: string): CalendarSpec[] {
  const fields = parseCron(cron);
  if (typeof fields === 'string') throw new MillraceError('CONFIG_INVALID', `cron "${cron}" ${fields}`);
  const common = {
    comment: cron,
    minute: fields.minutes,
    hour: fields.hours,
    month: fields.months.map((month) => MONTHS[month - 1] ?? 'JANUARY'),
  };
  const dayOfMonth = fields.daysOfMonth;
  const dayOfWeek = fields.daysOfWeek.map((day) => DAYS[day] ?? 'SUNDAY');
  if (fields.bothDays) return [{ ...common, dayOfMonth, dayOfWeek }];
  return [
    { ...common, dayOfMonth },
    { ...common, dayOfWeek },
  ];
}

/** What a schedule of the configuration is to be. */
export function desiredFacts(pipeline: string, schedule: Schedule): ScheduleFacts {
  const { spec, policies, action } = scheduleOptions(pipeline, schedule);
  const calendars = (spec.calendars ?? []).map((calendar) => ({
    ...calendar,
    dayOfMonth: calendar.dayOfMonth ?? { start: 1, end: 31 },
    dayOfWeek: calendar.dayOfWeek ?? { start: 'SUNDAY' as const, end: 'SATURDAY' as const },
  }));
  return facts({ ...spec, calendars }, { ...policies, action });
}

/** What a schedule is in Temporal. */
export function actualFacts({ spec, policies, action }: ScheduleDescription): ScheduleFacts {
  return facts(spec, { ...policies, action });
}

/** Lines that say how a schedule differs from what it is to be. */
export function scheduleDifference(actual: ScheduleFacts, desired: ScheduleFacts): string[] {
  return (Object.keys(desired) as (keyof ScheduleFacts)[])
    .filter((field) => actual[field] !== desired[field])
    .map((field) => `${field}: ${actual[field]} → ${desired[field]}`);
}

type Spec = Pick<ScheduleOptions['spec'], 'calendars' | 'intervals' | 'timezone' | 'startAt' | 'endAt' | 'jitter'>;
interface Rest {
  overlap?: unknown;
  catchupWindow?: unknown;
  pauseOnFailure?: boolean;
  action: { workflowType: string | object; taskQueue?: string; args?: readonly unknown[] };
}

function facts(spec: Spec, { overlap, catchupWindow, pauseOnFailure, action }: Rest): ScheduleFacts {
  const [input] = (action.args ?? []) as (Partial<FiringInput> | null | undefined)[];
  const { line, params = {} } = input ?? {};
  const policy = String(overlap).toLowerCase();
  const seconds = (duration: unknown) => Math.round(Number(duration ?? 0) / 1000);
  const times = [
    ...(spec.calendars ?? []).map(calendarText),
    ...(spec.intervals ?? []).map(
      ({ every, offset }) => `every ${seconds(every)} s${seconds(offset) > 0 ? ` + ${seconds(offset)} s` : ''}`,
    ),
  ];
  const sorted = Object.entries(params).sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    times: times.sort().join('; ') || NONE,
    timezone: spec.timezone ?? 'UTC',
    startAt: spec.startAt?.toISOString() ?? NONE,
    endAt: spec.endAt?.toISOString() ?? NONE,
    jitterSeconds: seconds(spec.jitter),
    overlap: line === undefined ? policy : overlapOf(line, policy),
    maxActive: line?.maxActive ?? 1,
    catchUpSeconds: seconds(catchupWindow),
    pauseOnFailure: (pauseOnFailure ?? false) || line?.stopOnFailure === true,
    action: `${typeof action.workflowType === 'string' ? action.workflowType : NONE} on ${action.taskQueue ?? NONE}`,
    params: JSON.stringify(Object.fromEntries(sorted)),
  };
}

/** What the turns of firings are called; that Temporal keeps some of them back is a difference. */
function overlapOf({ order }: LineRules, policy: string): string {
  const name = order === 'newest' ? 'newest' : 'buffer_all';
  return policy === 'allow_all' ? name : `${name}, but ${policy} in Temporal`;
}

/** The values of each field, written short: `minute 0, hour 3, day 1-31, month 1-12, weekday 0-6`. */
function calendarText(calendar: CalendarSpec): string {
  const { minute, hour, dayOfMonth, month, dayOfWeek, year, second } = calendar;
  const parts: [string, unknown, readonly string[]][] = [
    ['minute', minute, []],
    ['hour', hour, []],
    ['day', dayOfMonth, []],
    ['month', month, ['', ...MONTHS]],
    ['weekday', dayOfWeek, DAYS],
  ];
  const texts = parts.map(([name, value, names]) => `${name} ${rangesText(valuesOf(value, names))}`);
  // Schedules that are made here have neither; one that was edited elsewhere may.
  const seconds = valuesOf(second ?? 0, []);
  if (seconds.join() !== '0') texts.push(`second ${rangesText(seconds)}`);
  const years = valuesOf(year ?? [], []);
  if (years.length > 0) texts.push(`year ${rangesText(years)}`);
  return texts.join(', ');
}

function valuesOf(value: unknown, names: readonly string[]): number[] {
  const number = (one: unknown) => (typeof one === 'string' ? names.indexOf(one) : Number(one));
  const found = new Set<number>();
  for (const item of Array.isArray(value) ? (value as unknown[]) : [value]) {
    const range =
      typeof item === 'object' && item !== null
        ? (item as { start: unknown; end?: unknown; step?: number })
        : { start: item };
    const start = number(range.start);
    const end = Math.max(start, number(range.end ?? range.start));
    for (let one = start; one <= end; one += Math.max(1, range.step ?? 1)) found.add(one);
  }
  return [...found].sort((a, b) => a - b);
}

function rangesText(values: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const value of values) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === value - 1) last[1] = value;
    else ranges.push([value, value]);
  }
  return ranges.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(',');
}
